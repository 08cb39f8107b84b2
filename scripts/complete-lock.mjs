/**
 * Completes package-lock.json after `npm install` with the binaries of other platforms.
 *
 * Tools with a binary for each platform list them all as optional dependencies. npm is known to write lock files that
 * silently lack those it did not install itself; `npm ci` then refuses the file or leaves a machine without its binary.
 * This script adds each missing package with the exact version that its parent wants and the platform in its name, so
 * that npm skips it elsewhere and fetches it there. If nothing is missing, it changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const libraries = { glibc: 'gnu', musl: 'musl' };

/** The platform in a name such as `@biomejs/cli-linux-x64-musl`. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = Object.keys(libraries).filter((library) => words.some((word) => word.startsWith(libraries[library])));
  if (cpu.length !== 1) throw new Error(`complete-lock: expected a platform in the name, got ${name}; add it by hand`);
  return { os, cpu, libc };
}

/** Whether a package in folder `from` finds `name`, in its own node_modules or in one above. */
function finds(from, name) {
  const folders = from
    .split('/node_modules/')
    .map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'));
  return ['', ...folders].some((folder) => lock.packages[`${folder}/node_modules/${name}`.replace(/^\//, '')]);
}

const added = {};
for (const [from, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (finds(from, name)) continue;
    if (!/^\d/.test(version)) throw new Error(`complete-lock: expected an exact version of ${name}, got ${version}`);
    const { os, cpu, libc } = platformOf(name);
    // The order of keys is npm's, so that its next run does not change the entry.
    added[`node_modules/${name}`] = {
      version,
      cpu,
      ...(parent.dev && { dev: true }),
      ...(libc.length > 0 && { libc }),
      optional: true,
      ...(os.length > 0 && { os }),
    };
  }
}
const [self, ...rest] = Object.entries({ ...lock.packages, ...added });
lock.packages = Object.fromEntries([self, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
if (Object.keys(added).length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
for (const name of Object.keys(added)) console.log(`added ${name}`);
