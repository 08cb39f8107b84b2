/**
 * The package in somebody else's project: installed from its tarball without a network and without install scripts, it restores
 * a picture by the command and by a few lines of code, its types hold under the oldest TypeScript that the README names, and a
 * service that esbuild puts into one file finds the shipped model.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ensureCompiled } from '../bench/compiled.ts';
import { imageSize, writeImage } from '../src/adapters/node/pictures/images.ts';
import { installFresh } from './support/fresh-project.ts';
import { root } from './support/pages.ts';

const run = promisify(execFile);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rddm-install-')));
after(() => rmSync(folder, { recursive: true, force: true }));
// Neither the clone's path nor its settings help what was installed.
const { RDDM_HOME: _, ...env } = process.env;

const program = `
import { createNetworkDenoiser, restoreImage } from 'rddm';
import { openModel, openRuntime, readImage, writeImage } from 'rddm/node';
const runtime = openRuntime('cpu');
const { config, weights } = await openModel();
const denoiser = createNetworkDenoiser(runtime, config, weights);
for await (const { step, steps, image } of restoreImage(denoiser, await readImage(process.argv[2])))
  if (step === steps) await writeImage(process.argv[3], image);
await runtime.close();
`;

let project: string;
let picture: string;
before(async () => {
  await ensureCompiled(() => {});
  project = await installFresh(folder);
  picture = join(project, 'small.png');
  const data = Uint8Array.from({ length: 20 * 12 * 3 }, (_, i) => (i * 7) % 256);
  await writeImage(picture, { width: 20, height: 12, channels: 3, data });
  writeFileSync(join(project, 'program.js'), program);
});

/** Runs a program of the project, or a bundle of it, that restores the picture into a file. */
async function restores(script: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
  const out = join(folder, `${mkdtempSync(join(folder, 'out-')).slice(-6)}.png`);
  await run(process.execPath, [script, picture, out], { cwd: dirname(script), env: { ...env, ...more } });
  assert.deepEqual(await imageSize(out), { width: 20, height: 12 });
}

describe('the installed package', () => {
  it('restores by npx rddm', async () => {
    await run('npx', ['--no-install', 'rddm', 'restore', picture], { cwd: project, env });
    assert.deepEqual(await imageSize(join(project, 'small-restored.png')), { width: 20, height: 12 });
  });

  it('restores by a few lines of code', () => restores(join(project, 'program.js')));

  it('has types that hold under the oldest TypeScript, dependencies included', async () => {
    const oldest = createRequire(createRequire(import.meta.url).resolve('oldest-typescript/package.json'));
    const { version } = oldest('typescript/package.json');
    assert.ok(
      readFileSync(join(root, 'README.md'), 'utf8').includes(`TypeScript ${version.replace(/\.\d+$/, '')} or newer`),
    );
    const entries = ['rddm', 'rddm/graph', 'rddm/node', 'rddm/testing'];
    const source = entries.map((entry, i) => `export * as entry${i} from '${entry}';\n`).join('');
    writeFileSync(join(project, 'consumer.ts'), source);
    const compiler = oldest.resolve('typescript/lib/tsc.js');
    const options = '--module nodenext --target es2022 --lib es2022,dom --types --strict --exactOptionalPropertyTypes';
    const args = [compiler, '--noEmit', ...options.split(' '), 'consumer.ts'];
    const { stdout } = await run(process.execPath, args, { cwd: project }).catch((error) => error);
    assert.equal(stdout, '');
  });

  describe('bundled by esbuild', () => {
    /** A bundle in a folder that has the native packages and, where asked, the package beside it. */
    async function bundled(name: string, packages: readonly string[]): Promise<string> {
      const service = join(folder, name);
      mkdirSync(join(service, 'node_modules'), { recursive: true });
      writeFileSync(join(service, 'package.json'), '{ "name": "a-service" }');
      for (const one of packages) symlinkSync(join(project, 'node_modules', one), join(service, 'node_modules', one));
      const outfile = join(service, 'main.mjs');
      await build({
        entryPoints: [join(project, 'program.js')],
        outfile,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['sharp', 'onnxruntime-node'],
        logLevel: 'silent',
      });
      return outfile;
    }
    const native = ['sharp', 'onnxruntime-node'];

    it('finds the shipped model in node_modules', async () => {
      await restores(await bundled('beside', [...native, 'rddm']));
    });

    it('finds it where RDDM_HOME says, and says so where it is not set', async () => {
      const bundle = await bundled('alone', native);
      await restores(bundle, { RDDM_HOME: join(project, 'node_modules', 'rddm') });
      await assert.rejects(restores(bundle), /a bundle without them at .*; install rddm .*or set RDDM_HOME/);
    });
  });
});
