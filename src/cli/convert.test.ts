import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { zipSync } from 'fflate';
import { stateDictFile } from '../../test/support/torch-file.ts';
import { loadModel } from '../adapters/node/files/files.ts';
import { toFloat32 } from '../checkpoint/raw-tensor.ts';
import { decodeSafetensors, encodeSafetensors } from '../checkpoint/safetensors.ts';
import { createSchedule, type Schedule } from '../diffusion/schedule.ts';
import { RddmError } from '../math/errors.ts';
import { decodeHalf, encodeHalf } from '../math/half.ts';
import { tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { type ConvertFlags, convertFile, describeConversion, registerConvert } from './convert.ts';

const golden = join(process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'golden');
const skip = existsSync(golden) ? false : `no golden values at ${golden}`;
const root = mkdtempSync(join(tmpdir(), 'rddm-convert-'));
after(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(root, 'c-'));

/** Runs the command's work in this process, with command line options. */
const convert = (path: string, options: Partial<ConvertFlags> & { readonly out: string }) =>
  convertFile(path, { dtype: 'float32', ...options });

/** Runs the command as a process. */
const rddm = (...words: string[]) => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return spawnSync(process.execPath, ['--import', 'tsx', main, 'convert', ...words], { encoding: 'utf8' });
};

const config = modelConfig({ condition: 'none', unet: { dim: 8, multipliers: [1], groups: 4 } });
const weights = initialWeights(modelParameters(config), 1);
const weightsFile = (directory: string, given = weights): string => {
  const path = join(directory, 'unet.safetensors');
  writeFileSync(path, encodeSafetensors(given));
  return path;
};

test('a file of weights becomes a model, and assumptions are listed', async () => {
  const here = folder();
  const out = join(here, 'model');
  // Without the prefix, as a single U-Net is often saved.
  const bare = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name.replace('unet0.', ''), value]));
  const path = weightsFile(here, bare);
  const conversion = await convert(path, { out, groups: 4, task: 'inpainting', noiseStrength: 0.5 });
  const model = await loadModel(out);
  assert.deepEqual(model.weights, weights);
  assert.deepEqual(model.config, {
    ...config,
    task: 'inpainting',
    schedule: { ...config.schedule, noiseStrength: 0.5 },
    training: { converted: { source: 'unet.safetensors' } },
  });
  assert.deepEqual(conversion.model.config, model.config);
  const assumed = ['objective residual', 'schedule power, 1000 timesteps', 'time index', '5 sampling steps'];
  assert.deepEqual(conversion.assumed, assumed);
  const text = describeConversion('unet.safetensors', conversion, { out, dtype: 'float32' });
  assert.match(text, /^unet.safetensors: weights\nnetworks +one, predicting residual, condition none\n/);
  assert.match(text, /\nassumed +objective residual; schedule power/);
});

test('a checkpoint of the reference trainer becomes a model, averaged or not', { skip }, async () => {
  const out = join(folder(), 'model');
  const path = join(golden, 'reference-checkpoint.pt');
  const { weights: choice, step, tensors } = await convert(path, { out });
  assert.deepEqual([choice, step, tensors], ['ema', 1000, 320]);
  const average = await loadModel(out);
  assert.equal(average.config.networks, 'two');
  assert.equal(average.config.schedule.noiseStrength, 0.01);

  await convert(path, { out, weights: 'model', noiseStrength: 1, force: true });
  const trained = await loadModel(out);
  assert.equal(trained.config.schedule.noiseStrength, 1);
  const origin = { source: 'reference-checkpoint.pt', weights: 'model', step: 1000 };
  assert.deepEqual(trained.config.training, { converted: origin });
  const { tensors: finals } = decodeSafetensors(readFileSync(join(golden, 'train-two-net.safetensors')), 'golden');
  for (const [name, { data }] of Object.entries(trained.weights)) {
    assert.deepEqual(data, toFloat32(finals[`final/${name}`]).data, name);
  }

  await convert(path, { out, weights: 'model', dtype: 'float16', force: true });
  for (const [name, { data }] of Object.entries((await loadModel(out)).weights)) {
    assert.deepEqual(data, decodeHalf(encodeHalf(trained.weights[name].data)), name);
  }
});

test("the schedule is inferred from a checkpoint's tables, and required if they are unknown", async () => {
  const here = folder();
  const out = join(here, 'model');
  const checkpoint = (name: string, { alpha, betaSquared }: Schedule): string => {
    const tables = { alphas: tensor([alpha.length], alpha), betas2: tensor([alpha.length], betaSquared) };
    writeFileSync(join(here, name), stateDictFile({ ...weights, ...tables }));
    return join(here, name);
  };
  const converted = createSchedule({ kind: 'ddim-linear', timesteps: 200 });
  const { assumed } = await convert(checkpoint('ddim.pt', converted), { out, groups: 4 });
  const { kind, timesteps } = (await loadModel(out)).config.schedule;
  assert.deepEqual([kind, timesteps], ['ddim-linear', 200]);
  assert.ok(!assumed.some((text) => /schedule|noise strength/.test(text)), assumed.join());

  const other = checkpoint('other.pt', createSchedule({ alpha: 3, timesteps: 200 }));
  const refused =
    /other.pt: expected tables of a power schedule .*, got others, of 200; name the schedule in a configuration/;
  await assert.rejects(convert(other, { out, groups: 4, force: true }), refused);
  const settings = join(here, 'settings.json');
  writeFileSync(settings, JSON.stringify({ schedule: { kind: 'power', alpha: 3 } }));
  await convert(other, { out, groups: 4, force: true, config: settings });
  const { alpha, timesteps: steps } = (await loadModel(out)).config.schedule;
  assert.deepEqual([alpha, steps], [3, 200]);
});

test('a configuration file supplies what the weights do not show, and options override it', async () => {
  const here = folder();
  const settings = join(here, 'settings.json');
  const schedule = { noiseStrength: 0.3, timesteps: 500 };
  const sampling = { steps: 10 };
  writeFileSync(settings, JSON.stringify({ task: 'generation', unet: { groups: 4 }, schedule, sampling }));
  const out = join(here, 'model');
  const { assumed } = await convert(weightsFile(here), { out, config: settings, noiseStrength: 0.7 });
  const read = (await loadModel(out)).config;
  assert.deepEqual(read.schedule, { ...config.schedule, timesteps: 500, noiseStrength: 0.7 });
  assert.equal(read.objective, 'noise');
  assert.equal(read.sampling.steps, 10);
  assert.ok(!assumed.some((text) => /task|groups|sampling/.test(text)), assumed.join());
});

test('a low-light model gets its inputs equalised by default', async () => {
  const here = folder();
  const [path, out] = [weightsFile(here), join(here, 'model')];
  const { assumed } = await convert(path, { out, groups: 4, task: 'low-light' });
  assert.equal((await loadModel(out)).config.preprocess, 'equalise');
  assert.ok(assumed.includes('preprocess equalise'), assumed.join());
  const settings = join(here, 'settings.json');
  writeFileSync(settings, JSON.stringify({ task: 'low-light', preprocess: 'none' }));
  const told = await convert(path, { out, groups: 4, config: settings, force: true });
  assert.equal((await loadModel(out)).config.preprocess, 'none');
  assert.ok(!told.assumed.some((text) => text.includes('preprocess')), told.assumed.join());
});

test("the prediction of a shared encoder's second decoder is given, or listed as assumed", async () => {
  const here = folder();
  const shared = modelConfig({ ...config, networks: 'shared-encoder', objective: 'residual-noise' });
  const path = weightsFile(here, initialWeights(modelParameters(shared), 1));
  const options = { out: join(here, 'model'), groups: 4 };
  const { assumed } = await convert(path, options);
  assert.ok(assumed.includes('second decoder residual-plus-noise'), assumed.join());
  const told = await convert(path, { ...options, secondDecoder: 'noise', force: true });
  assert.ok(!told.assumed.some((text) => text.includes('decoder')), told.assumed.join());
  assert.equal((await loadModel(options.out)).config.secondDecoder, 'noise');
});

test('a model is not overwritten without --force', async () => {
  const here = folder();
  const options = { out: join(here, 'model'), groups: 4 };
  const path = weightsFile(here);
  await convert(path, options);
  const before = readFileSync(join(here, 'model', 'config.json'));
  const refused = /convert: expected no file at \S*config\.json, got one; add --force/;
  await assert.rejects(convert(path, { ...options, task: 'inpainting' }), refused);
  assert.deepEqual(readFileSync(join(here, 'model', 'config.json')), before);
  await convert(path, { ...options, task: 'inpainting', force: true });
  assert.equal((await loadModel(options.out)).config.task, 'inpainting');
});

test('bad input is one sentence, and nothing is written', async () => {
  const here = folder();
  const file = (name: string, contents: string | Uint8Array): string => {
    writeFileSync(join(here, name), contents);
    return join(here, name);
  };
  const good = weightsFile(here);
  const marker = join(here, 'it-ran');
  const pickle = new Uint8Array(Buffer.from(`cos\nsystem\n(S'touch ${marker}'\ntR.`));
  const foreign = encodeSafetensors({ a: { shape: [1], data: Float32Array.of(1) } });
  const { 'unet0.mid_attn.fn.norm.g': _, ...fewer } = weights;
  const cases: [RegExp, string, Partial<ConvertFlags>?][] = [
    [/asks for os.system \(nothing was run\)/, file('attack.pt', zipSync({ 'a/data.pkl': pickle }))],
    [/text.pt: expected a PyTorch checkpoint, got a file that is not a zip archive/, file('text.pt', 'hello')],
    [/text.safetensors: expected a safetensors/, file('text.safetensors', 'hello, this is no network')],
    [/cut.safetensors: expected .*damaged/, file('cut.safetensors', readFileSync(good).subarray(0, -9))],
    [/expected a file to read, got nothing at/, join(here, 'none.pt')],
    [/expected a folder of diffusers, with config.json or unet\/config.json, got neither; or name a .pt/, here],
    [/foreign.safetensors: .*not the weights of a network that rddm knows/, file('foreign.safetensors', foreign)],
    [/1 missing \(unet0.mid_attn.fn.norm.g\)/, file('fewer.safetensors', encodeSafetensors(fewer)), { groups: 4 }],
    [/a checkpoint with averaged weights/, good, { weights: 'ema' }],
    [/6 outputs for objective "residual-noise"/, good, { objective: 'residual-noise', groups: 4 }],
    [/divisible by groups 3/, good, { groups: 3 }],
    [/"secondDecoder": expected networks "shared-encoder"/, good, { secondDecoder: 'noise', groups: 4 }],
    [/settings.json: expected JSON/, good, { config: file('settings.json', '{"task":') }],
    [
      /unknown.json: expected only the keys format, .*, got "depth": correct or remove it$/,
      good,
      { config: file('unknown.json', '{"depth": 3}') },
    ],
    [/null.json: /, good, { config: file('null.json', 'null') }],
    [/unet.dim 64, got weights of unet.dim 8/, good, { config: file('dim.json', '{"unet": {"dim": 64}}') }],
  ];
  const before = readdirSync(here).sort();
  for (const [message, path, options] of cases) {
    const failed = (error: unknown) => error instanceof RddmError && message.test(error.message);
    await assert.rejects(convert(path, { ...options, out: join(here, 'never') }), failed, String(message));
  }
  assert.deepEqual(readdirSync(here).sort(), before);
});

test('the command prints lines, or JSON, and warns about what fails in the paper', () => {
  const here = folder();
  const words = [weightsFile(here), '--out', join(here, 'model'), '--groups', '4'];
  const first = rddm(...words);
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /\nwritten +.*model \(float32\)\n$/);
  assert.equal(first.stderr, '');
  const again = rddm(...words);
  assert.deepEqual([again.status, again.stdout], [1, '']);
  assert.match(again.stderr, /^rddm: convert: expected no file at \S*config\.json, got one; [^\n]*\n$/);
  const json = rddm(
    ...words,
    '--force',
    '--json',
    '--task',
    'deblurring',
    '--objective',
    'noise',
    '--dtype',
    'float16',
  );
  assert.equal(json.status, 0, json.stderr);
  assert.match(json.stderr, /^warning: objective "noise" fails at deblurring/);
  assert.equal(JSON.parse(json.stdout).config.objective, 'noise');
});

test('options of the wrong form are refused before anything is read', async () => {
  const run = (...words: string[]) => {
    const program = new Command('rddm').configureOutput({ writeErr: () => {} }).exitOverride();
    registerConvert(program);
    return program.parseAsync(['convert', 'none.pt', ...words], { from: 'user' });
  };
  const bad = [
    '--groups 0',
    '--groups 1.5',
    '--noise-strength x',
    '--noise-strength -1',
    '--task cleaning',
    '--second-decoder both',
  ];
  for (const words of [...bad, '--dtype int8', '--weights both']) {
    await assert.rejects(run('--out', 'a', ...words.split(' ')), CommanderError, words);
  }
  await assert.rejects(run(), CommanderError);
});
