/** The cache as users meet it: inference gives the same bytes with and without it, also in concurrent processes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import type { Program } from '../src/graph/program.ts';
import { normalTensor } from '../src/math/random.ts';
import type { Tensor, TensorMap } from '../src/math/tensor.ts';
import { modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { initialWeights } from '../src/nn/parameters.ts';
import { inferenceProgram } from '../src/sample/network-denoiser.ts';
import { initialStates, stepPrograms } from '../src/train/step.ts';

const root = await mkdtemp(join(tmpdir(), 'rddm-cache-'));
after(() => rm(root, { recursive: true }));
const newFolder = (): Promise<string> => mkdtemp(join(root, 'folder-'));

const config = modelConfig({ unet: { dim: 16, multipliers: [1, 2] } });
const weights = initialWeights(modelParameters(config), 1);
const inference = inferenceProgram(config, weights, [1, 3, 32, 32]);
const optimiser = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };
const sizes = { loss: 'l1', batch: 1, height: 32, width: 32, accumulation: 1 } as const;
const training = stepPrograms(config, { ...sizes, ...optimiser }).step;

const feedsOf = ({ feeds }: Program): TensorMap =>
  Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, normalTensor(shape, 1, [name])]));

/** Outputs of two runs, and the states after them. */
async function resultsOf(program: Program, states: TensorMap, cache: string): Promise<Record<string, Tensor>> {
  const runtime = createOrtRuntime({ cache });
  const executable = await runtime.load({ program }, states);
  const runs = [await executable.run('program', feedsOf(program)), await executable.run('program', feedsOf(program))];
  const results = { ...(await executable.readStates()), ...runs[1], before: Object.values(runs[0])[0] };
  await runtime.close();
  return results;
}

test('inference gives the same bytes without the cache, when filling it and when reading it', async () => {
  const folder = await newFolder();
  const without = await resultsOf(inference, {}, 'off');
  assert.deepEqual(await readdir(folder), []);
  assert.deepEqual(await resultsOf(inference, {}, folder), without);
  const [file] = await readdir(folder);
  const { mtimeMs } = await stat(join(folder, file));
  assert.deepEqual(await resultsOf(inference, {}, folder), without);
  assert.deepEqual(await readdir(folder), [file]);
  assert.ok((await stat(join(folder, file))).mtimeMs > mtimeMs, 'the cache was not used');
  await writeFile(join(folder, file), 'not a model');
  assert.deepEqual(await resultsOf(inference, {}, folder), without);
});

test('a training step is not cached, and gives the same bytes', async () => {
  const folder = await newFolder();
  const states = initialStates(weights, 1);
  assert.deepEqual(await resultsOf(training, states, folder), await resultsOf(training, states, 'off'));
  assert.deepEqual(await readdir(folder), []);
});

/** A process that prints a hash of a program's output; `RDDM_CACHE` is the folder of its cache. */
const child = `
  import { createHash } from 'node:crypto';
  import { createOrtRuntime } from './src/adapters/node/ort/runtime.ts';
  import { constant, feed, matmul } from './src/graph/build.ts';
  import { createProgram } from './src/graph/program.ts';
  import { normalTensor } from './src/math/random.ts';
  const weight = constant(normalTensor([500, 500], 1, ['w']));
  const runtime = createOrtRuntime();
  const executable = await runtime.load({ main: createProgram('main', { y: matmul(feed('x', [9, 500]), weight) }) });
  const { y } = await executable.run('main', { x: normalTensor([9, 500], 1, ['x']) });
  console.log(createHash('sha256').update(y.data).digest('hex'));
  await runtime.close();
`;
const args = ['--import', 'tsx', '--input-type=module', '--eval', child];
const outputOf = async (cache: string, [command, ...before]: readonly string[] = [process.execPath]): Promise<string> =>
  (await promisify(execFile)(command, [...before, ...args], { env: { ...process.env, RDDM_CACHE: cache } })).stdout;

test('concurrent processes do not disturb each other; RDDM_CACHE sets the folder', async () => {
  const folder = await newFolder();
  const wanted = await outputOf('off');
  assert.match(wanted, /^[0-9a-f]{64}\n$/);
  const given = await Promise.all(Array.from({ length: 4 }, () => outputOf(folder)));
  assert.deepEqual(new Set(given), new Set([wanted]));
  const files = await readdir(folder);
  assert.equal(files.length, 1, files.join(' '));
  assert.equal(await outputOf(folder), wanted);
});

test('a full disk means no cache', { skip: process.platform === 'win32' && 'it has no ulimit' }, async () => {
  const folder = await newFolder();
  // Blocks of 512 or 1024 bytes: less than the file needs, and enough for anything else that a process writes.
  const limited = ['sh', '-c', 'ulimit -f 300; exec "$0" "$@"', process.execPath];
  assert.equal(await outputOf(folder, limited), await outputOf('off'));
  assert.deepEqual(await readdir(folder), []);
});
