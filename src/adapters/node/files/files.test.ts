import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RddmError } from '../../../math/errors.ts';
import { modelConfig } from '../../../model/config.ts';
import { modelParameters } from '../../../model/networks.ts';
import { initialWeights } from '../../../nn/parameters.ts';
import { fileError } from './file-error.ts';
import { loadModel, readBytes, saveModel, writeFileAtomic } from './files.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-files-'));
after(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(root, 'f-'));
const refuses = (run: Promise<unknown>, message: RegExp) =>
  assert.rejects(run, (error) => error instanceof RddmError && message.test(error.message), String(message));

const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
const weights = initialWeights(modelParameters(config), 1);

test('a file is written, replaced and read, and nothing else is left behind', async () => {
  const path = join(folder(), 'a.bin');
  for (const bytes of [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4)]) {
    await writeFileAtomic(path, bytes);
    assert.deepEqual(await readBytes(path, 'test'), bytes);
    assert.deepEqual(readdirSync(join(path, '..')), ['a.bin']);
  }
});

test('failures are sentences, and leave no temporary file', async () => {
  const here = folder();
  mkdirSync(join(here, 'taken'));
  writeFileSync(join(here, 'file'), '');
  const bytes = Uint8Array.of(1);
  await refuses(
    writeFileAtomic(join(here, 'none', 'a'), bytes),
    /writeFileAtomic: expected to write a file, got nothing at .*create the folder/,
  );
  await refuses(writeFileAtomic(join(here, 'taken'), bytes), /got a folder at .*taken; give the path of a file/);
  await refuses(writeFileAtomic(join(here, 'file', 'a'), bytes), /got a file instead of a folder/);
  await refuses(writeFileAtomic(join(here, 'a'.repeat(300)), bytes), /a name that is too long/);
  await refuses(
    readBytes(join(here, 'none'), 'restore'),
    /restore: expected a file to read, got nothing at .*none; check the path/,
  );
  await refuses(readBytes(here, 'restore'), /restore: expected a file to read, got a folder at/);
  assert.deepEqual(readdirSync(here).sort(), ['file', 'taken']);
});

const isRoot = process.getuid?.() === 0;
test('a folder without permission is a sentence', {
  skip: isRoot ? 'permissions do not apply to this user' : false,
}, async () => {
  const here = folder();
  chmodSync(here, 0o500);
  await refuses(writeFileAtomic(join(here, 'a'), Uint8Array.of(1)), /got no permission for/);
});

test('each common failure has its sentence', () => {
  const message = (code: string) => fileError('save', 'to write a file', 'out/a', { code }).message;
  assert.match(message('ENOSPC'), /got a full disk at out\/a; free some space or choose another place/);
  assert.match(message('EACCES'), /got no permission for out\/a; change its permissions/);
  assert.match(message('EROFS'), /got a read-only disk/);
  assert.equal(message('EODD'), 'save: expected to write a file, got EODD at out/a');
  const own = new RddmError('already a sentence');
  assert.equal(fileError('save', 'x', 'y', own), own);
});

const here = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
const isWindows = process.platform === 'win32' && 'needs POSIX signals and limits';

test('a write that fails half-way keeps the old file and removes its own', { skip: isWindows }, () => {
  const path = join(folder(), 'a.bin');
  writeFileSync(path, 'old');
  // A limit on file size: the system accepts the first bytes and refuses the rest, like a full disk.
  const code = `import { writeFileAtomic } from ${here('./files.ts')};
    await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(8e6)).catch((error) => console.log(error.message));`;
  const limited = `trap '' XFSZ; ulimit -f 2000; exec "$0" "$@"`;
  const options = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const { stdout, stderr } = spawnSync('bash', ['-c', limited, process.execPath, ...options], { encoding: 'utf8' });
  assert.match(stdout, /^writeFileAtomic: expected to write a file, got a file size limit/, stderr);
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.deepEqual(readdirSync(join(path, '..')), ['a.bin']);
});

test('after a kill at any moment, the file is one of the two versions, complete', { skip: isWindows }, async () => {
  const path = join(folder(), 'a.bin');
  const code = `import { writeFileAtomic } from ${here('./files.ts')};
    for (let i = 0; ; i++) { await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(2e6).fill(i % 2)); process.stdout.write('.'); }`;
  for (const delay of [0, 3, 11]) {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code]);
    await once(child.stdout, 'data');
    await sleep(delay);
    child.kill('SIGKILL');
    await once(child, 'close');
    const bytes = readFileSync(path);
    assert.equal(bytes.length, 2e6);
    assert.ok(bytes.every((byte) => byte === bytes[0]));
  }
});

test('a model survives writing and reading', async () => {
  const directory = join(folder(), 'deep', 'model');
  await saveModel(directory, config, weights);
  assert.deepEqual(await loadModel(directory), { config, weights });
  const other = initialWeights(modelParameters(config), 2);
  await saveModel(directory, config, other);
  assert.deepEqual((await loadModel(directory)).weights, other);
  assert.deepEqual(readdirSync(directory).sort(), ['config.json', 'weights.safetensors']);
  await saveModel(directory, config, weights, { dtype: 'float16' });
  const half = (await loadModel(directory)).weights['unet0.init_conv.weight'].data;
  half.forEach((value, i) => {
    assert.ok(Math.abs(value - weights['unet0.init_conv.weight'].data[i]) < 1e-3);
  });
});

test('a directory without configuration is not a model, and weights of another network are noticed', async () => {
  const directory = join(folder(), 'model');
  await saveModel(directory, config, weights);
  const wider = modelConfig({ unet: { dim: 16, multipliers: [1] } });
  writeFileSync(join(directory, 'config.json'), JSON.stringify(wider));
  await refuses(
    loadModel(directory),
    /weights.safetensors: expected the \d+ weights of the network, got \d+ of another shape/,
  );
  rmSync(join(directory, 'config.json'));
  await refuses(loadModel(directory), /loadModel: expected a file to read, got nothing at .*config.json/);
});

test('a model that cannot be written leaves the older one complete', async () => {
  const directory = join(folder(), 'model');
  await saveModel(directory, config, weights);
  const huge = { ...weights, 'unet0.final_conv.bias': { shape: [3], data: Float32Array.of(1e9, 0, 0) } };
  await refuses(saveModel(directory, config, huge, { dtype: 'float16' }), /float16/);
  assert.deepEqual((await loadModel(directory)).weights, weights);
  writeFileSync(join(directory, 'file'), '');
  await refuses(
    saveModel(join(directory, 'file'), config, weights),
    /saveModel: expected a folder to write to, got a file instead of a folder/,
  );
});

test("if weights cannot be put in place, the older model's configuration is restored", async () => {
  const directory = join(folder(), 'model');
  await saveModel(directory, config, weights);
  const before = readFileSync(join(directory, 'config.json'));
  // A rename does not replace a folder with contents.
  rmSync(join(directory, 'weights.safetensors'));
  mkdirSync(join(directory, 'weights.safetensors', 'taken'), { recursive: true });
  const wider = modelConfig({ unet: { dim: 16, multipliers: [1] } });
  const parameters = initialWeights(modelParameters(wider), 1);
  await refuses(saveModel(directory, wider, parameters), /saveModel: expected to write a file, got a folder at/);
  assert.deepEqual(readdirSync(directory).sort(), ['config.json', 'weights.safetensors']);
  assert.deepEqual(readFileSync(join(directory, 'config.json')), before);
  rmSync(join(directory, 'weights.safetensors'), { recursive: true });
  rmSync(join(directory, 'config.json'));
  mkdirSync(join(directory, 'config.json'));
  await refuses(saveModel(directory, wider, parameters), /got a folder at .*config.json/);
  assert.deepEqual(readdirSync(directory).sort(), ['config.json']);
  rmSync(join(directory, 'config.json'), { recursive: true });
  await saveModel(directory, wider, parameters);
  assert.deepEqual(await loadModel(directory), { config: wider, weights: parameters });
  assert.deepEqual(readdirSync(directory).sort(), ['config.json', 'weights.safetensors']);
});
