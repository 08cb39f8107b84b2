/**
 * A project of somebody else's with this package installed from its tarball, without a network and without install scripts.
 *
 * npm needs a registry to choose versions, but not to install what a lock file fixes: the project gets the part of this
 * repository's lock that the package depends on, and npm takes every tarball from the cache that `npm ci` filled.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { packInto } from './packed.ts';
import { root } from './pages.ts';

interface LockedPackage {
  readonly dev?: boolean;
  readonly link?: boolean;
}

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** Packs the checkout and installs it into the new folder `project` of `folder`; the folder of the project. */
export async function installFresh(folder: string): Promise<string> {
  const project = join(folder, 'project');
  mkdirSync(project);
  const tarball = await packInto(folder);
  const source = `file:${relative(project, tarball.path).replaceAll('\\', '/')}`;
  const { version, dependencies, bin, engines } = readJson(join(root, 'package.json'));
  const locked = readJson(join(root, 'package-lock.json')).packages as Record<string, LockedPackage>;
  const needed = Object.entries(locked).filter(([path, { dev, link }]) => path !== '' && !dev && !link);
  const own = { name: basename(project), version: '1.0.0', type: 'module', dependencies: { rddm: source } };
  const packages = {
    '': own,
    'node_modules/rddm': { version, resolved: source, integrity: tarball.integrity, dependencies, bin, engines },
    ...Object.fromEntries(needed),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(own));
  writeFileSync(
    join(project, 'package-lock.json'),
    JSON.stringify({ name: own.name, version: own.version, lockfileVersion: 3, requires: true, packages }),
  );
  await promisify(execFile)('npm', ['ci', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: project,
  });
  return project;
}
