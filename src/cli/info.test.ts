import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { saveModel } from '../adapters/node/files/files.ts';
import { encodeSafetensors } from '../checkpoint/safetensors.ts';
import { RddmError } from '../math/errors.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { countModel } from '../operations/inspect/size.ts';
import { findSubject } from './find-subject.ts';
import { describeSubject } from './info.ts';

const golden = join(process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'golden');
const skip = existsSync(golden) ? false : `no golden values at ${golden}`;
const root = mkdtempSync(join(tmpdir(), 'rddm-info-'));
after(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string, contents: string | Uint8Array): string => {
  writeFileSync(join(root, name), contents);
  return join(root, name);
};

const config = modelConfig({
  task: 'deraining',
  networks: 'two',
  objective: 'residual-noise',
  unet: { dim: 8, multipliers: [1, 2], groups: 4 },
  training: { steps: 12, data: { clean: 'photos' } },
});
const weights = initialWeights(modelParameters(config), 1);
const directory = join(root, 'model');
await saveModel(directory, config, weights, { dtype: 'float16' });

/** Runs the command like a user. */
function rddm(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, 'info', ...words], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

test("without an argument: the paper's network, counted both ways", async () => {
  const { code, stdout, stderr } = await rddm();
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^unet0 \(residual\) +36\.26 M +117\.5 G +1\.7 G +7\.73 M +32\.9 G$/m);
  assert.match(stdout, /^weights +none: this is a configuration, not a trained network$/m);
});

test('a model directory shows what it is, its file and its origin', async () => {
  const subject = await findSubject(directory);
  assert.equal(subject.kind, 'model');
  assert.deepEqual(subject.weightsFile?.dtypes, ['float16']);
  const text = describeSubject(subject);
  assert.match(text, /^task +deraining\nobjective +residual-noise \(SM-Res-N\)\nnetworks +two\n/m);
  assert.match(text, /^weights +\S*weights\.safetensors, 0\.\d\d MB, float16, \d+ tensors$/m);
  assert.match(text, /^training +steps 12\n +data clean photos\n/m);

  const { networks, total } = countModel(config, { height: 15, width: 8 });
  assert.deepEqual(
    networks.map(({ network }) => network),
    ['unet0 (residual)', 'unet1 (noise)'],
  );
  const stored = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  assert.equal(total.parameters, stored);
  assert.deepEqual(total, countModel(config, { height: 16, width: 8 }).total);

  const { training: _, ...unknown } = config;
  await saveModel(join(root, 'silent'), modelConfig(unknown), weights);
  assert.match(
    describeSubject(await findSubject(join(root, 'silent'))),
    /^training +the origin of these weights is not recorded/m,
  );
});

test('a configuration needs no field; a checkpoint is read without one', { skip }, async () => {
  const empty = await findSubject(file('empty.json', '{}'));
  assert.deepEqual([empty.kind, empty.config], ['configuration', modelConfig({})]);
  const checkpoint = await findSubject(join(golden, 'reference-checkpoint.pt'));
  assert.deepEqual([checkpoint.config.networks, checkpoint.weightsFile?.step], ['two', 1000]);
  assert.match(describeSubject(checkpoint), /averaged \(ema\) weights, step 1000\n +what the file does not show/);
  const bare = await findSubject(file('weights.safetensors', encodeSafetensors(weights)));
  assert.deepEqual([bare.kind, bare.weightsFile?.dtypes], ['checkpoint', ['float32']]);
});

test('the command prints tables, or JSON with exact counts', async () => {
  const table = await rddm(directory, '--size', '16x9', '--placement', '--device', 'reference');
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^at 16x10 +parameters/m);
  assert.match(table.stdout, /^together +/m);
  assert.match(table.stdout, /^reference +conv2d +\d+$/m);
  assert.match(table.stdout, /^all +\d+\n$/m);
  const training = await rddm(
    directory,
    '--size',
    '4',
    '--placement',
    '--program',
    'training',
    '--device',
    'reference',
  );
  assert.match(training.stdout, /^reference +conv2dWeightGradient +\d+$/m);
  assert.match(training.stdout, /^states between runs: \d+ tensors, \d\.\d\d MB, in host memory$/m);
  const json = JSON.parse((await rddm(directory, '--json')).stdout);
  assert.deepEqual(json.config, JSON.parse(JSON.stringify(config)));
  assert.deepEqual(json.size, { height: 256, width: 256 });
  assert.equal(json.total.parameters, countModel(config, json.size).total.parameters);
  assert.equal(json.networks.length, 2);
});

test('options of --placement are refused without it', async () => {
  const program = await rddm(directory, '--program', 'training');
  assert.deepEqual([program.code, program.stdout], [1, '']);
  assert.match(program.stderr, /info: expected --placement with --program, got --program training alone/);
  const device = await rddm(directory, '--device', 'webgpu');
  assert.match(device.stderr, /info: expected --placement with --device, got --device webgpu alone/);
});

test('warns about what fails in the paper', async () => {
  const { code, stderr } = await rddm(file('noise.json', '{"objective": "noise", "task": "deblurring"}'));
  assert.equal(code, 0);
  assert.match(stderr, /^warning: objective "noise" fails at deblurring/);
});

test('anything else is refused with a sentence', async () => {
  const cases: [RegExp, string][] = [
    [/info: expected a model directory or the name of a shipped model .*got nothing at nowhere$/, 'nowhere'],
    [/got \S*rddm-info-\w+, which has no config\.json; its model is \S*model$/, root],
    [/expected a file to read, got nothing at \S*none\.pt/, join(root, 'none.pt')],
    [/expected a file to read, got nothing at \S*none\.json/, join(root, 'none.json')],
    [/cut\.json: expected JSON/, file('cut.json', '{"task":')],
    [/null\.json: /, file('null.json', 'null')],
    [/unknown\.json: expected only the keys format, .*, got "depth"/, file('unknown.json', '{"depth": 3}')],
    [/text\.pt: expected a PyTorch checkpoint/, file('text.pt', 'hello')],
    [/text\.safetensors: expected a safetensors/, file('text.safetensors', 'hello, this is none')],
    [/text\.txt: expected a safetensors/, file('text.txt', 'hello, this is none')],
  ];
  for (const [message, name] of cases) {
    await assert.rejects(findSubject(name), (error) => error instanceof RddmError && message.test(error.message), name);
  }
});
