import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { saveModel } from '../adapters/node/files/files.ts';
import { readImage } from '../adapters/node/pictures/images.ts';
import { inferModelConfig } from '../checkpoint/infer.ts';
import { toFloat32 } from '../checkpoint/raw-tensor.ts';
import { decodeSafetensors, encodeSafetensors } from '../checkpoint/safetensors.ts';
import type { Objective } from '../diffusion/objective.ts';
import { RddmError } from '../math/errors.ts';
import { filled, largestDifference, type TensorMap, tensor } from '../math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { registerSample } from './sample.ts';

const golden = join(process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'golden');
const root = mkdtempSync(join(tmpdir(), 'rddm-sample-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** The command in this process. */
async function rddm(...words: string[]): Promise<void> {
  const program = new Command('rddm').exitOverride().configureOutput({ writeErr: () => {} });
  registerSample(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(['node', 'rddm', 'sample', ...words]);
}

function tensorsOf(path: string): { tensors: TensorMap; metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  return {
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, raw]) => [name, toFloat32(raw)])),
    metadata,
  };
}

async function model(name: string, fields: ModelConfigInput): Promise<string> {
  const config = modelConfig({ unet: { dim: 8, multipliers: [1, 2], groups: 4 }, sampling: { steps: 2 }, ...fields });
  await saveModel(join(root, name), config, initialWeights(modelParameters(config), 1));
  return join(root, name);
}
const derain = await model('derain', {});
const generator = await model('generator', { task: 'generation', condition: 'none', objective: 'noise' });
const file = (name: string, tensors: TensorMap): string => {
  writeFileSync(join(root, name), encodeSafetensors(tensors));
  return join(root, name);
};

describe('golden trajectories', { skip: existsSync(golden) ? false : `no golden values at ${golden}` }, () => {
  const objectives: Readonly<Record<string, Objective>> = {
    pred_res: 'residual',
    pred_noise: 'noise',
    pred_res_noise: 'residual-noise',
  };
  const cases = existsSync(golden) ? readdirSync(golden).filter((name) => /^sample-.*\.safetensors$/.test(name)) : [];
  for (const name of cases) {
    test(name, async () => {
      const path = join(golden, name);
      const { tensors, metadata } = tensorsOf(path);
      // The weights become a model as with `rddm convert`; the metadata has what they do not show.
      const weights = Object.fromEntries(
        Object.entries(tensors)
          .filter(([key]) => key.startsWith('param/'))
          .map(([key, value]) => [key.slice('param/'.length), value]),
      );
      const isCumulative = 'network times' in metadata;
      const config = inferModelConfig(weights, {
        task: tensors.input ? 'restoration' : 'generation',
        objective: objectives[metadata.objective],
        time: isCumulative ? 'cumulative' : 'index',
        // These files have residual and noise, as their README says; the paper's shared encoder has their sum second.
        secondDecoder: metadata.networks === 'shared-encoder' ? 'noise' : 'residual-plus-noise',
        schedule: { noiseStrength: Number(metadata.sum_scale) },
      });
      const directory = join(root, name);
      await saveModel(directory, config, weights);
      const out = join(root, `out-${name}`);
      await rddm(
        '--model',
        directory,
        '--tensors',
        path,
        '--out',
        out,
        '--steps',
        metadata.steps,
        '--eta',
        metadata.eta,
      );
      const { trajectory, clean } = tensorsOf(out).tensors;
      const steps = Number(metadata.steps);
      assert.deepEqual(trajectory.shape, [steps + 1, 2, 3, 16, 16]);
      // Some golden trajectories omit the start.
      const size = trajectory.data.length / (steps + 1);
      const skipped = (steps + 1 - tensors.trajectory.shape[0]) * size;
      const ours = { ...tensors.trajectory, data: trajectory.data.slice(skipped) };
      assert.ok(largestDifference(ours, tensors.trajectory) < 2e-3);
      assert.deepEqual(clean.data, trajectory.data.slice(steps * size));
    });
  }
});

test('missing tensors come from the seed; options reach the sampler', async () => {
  const input = filled([1, 3, 8, 8], 0.25);
  const given = file('input.safetensors', { input });
  const run = async (name: string, ...words: string[]) => {
    const out = join(root, name);
    await rddm('--model', derain, '--tensors', given, '--out', out, '--device', 'reference', ...words);
    return tensorsOf(out).tensors;
  };
  const first = await run('a.safetensors');
  assert.deepEqual(await run('b.safetensors'), first);
  assert.notDeepEqual((await run('c.safetensors', '--seed', '1')).trajectory, first.trajectory);
  const bright = ['--tensors', file('bright.safetensors', { input: filled([1, 3, 8, 8], 3) })];
  assert.ok((await run('d.safetensors', ...bright)).clean.data.every((value) => value <= 1));
  assert.ok((await run('d.safetensors', ...bright, '--clip', 'none', '--force')).clean.data.some((value) => value > 1));
  const silent = await run('e.safetensors', '--noise-strength', '0');
  assert.deepEqual(silent.trajectory.data.slice(0, 192), input.data);
  const unit = await run('f.safetensors', '--noise-strength', '0.25', '--start', 'unit-noise');
  assert.deepEqual(unit.trajectory.data.slice(0, 192), first.trajectory.data.slice(0, 192));
});

test('a generating model makes a grid; a picture does not depend on how many there are', async () => {
  const generate = async (name: string, ...words: string[]) => {
    const out = join(root, name);
    await rddm('--model', generator, '--out', out, '--size', '8x6', '--device', 'reference', ...words);
    return readImage(out);
  };
  const three = await generate('three.png', '--count', '3', '--seed', '4');
  assert.deepEqual([three.width, three.height], [2 * 6 + 2, 2 * 8 + 2]);
  const one = await generate('one.png', '--count', '1', '--seed', '5');
  const second = Array.from({ length: 8 }, (_, y) => [...three.data.subarray((y * 14 + 8) * 3, (y * 14 + 14) * 3)]);
  assert.deepEqual(second.flat(), [...one.data]);
});

test('bad input is one sentence, and nothing is written', async () => {
  const image = filled([1, 3, 8, 8], 0);
  const never = join(root, 'never.safetensors');
  const tensors = (name: string, given: TensorMap) => [
    '--model',
    derain,
    '--tensors',
    file(`${name}.safetensors`, given),
  ];
  const table = tensor([2], [0.5, 1]);
  const cases: [RegExp, string[]][] = [
    [/got nothing at \S*fog/, ['--model', join(root, 'fog')]],
    [/nothing at \S*none\.safetensors/, ['--model', derain, '--tensors', join(root, 'none.safetensors')]],
    [
      /tensors named input, initial_noise, .*got "inital_noise"/,
      tensors('typo', { input: image, inital_noise: image }),
    ],
    [/a tensor "input" or "initial_noise", got mask/, tensors('mask', { mask: image })],
    [/an input image for restoration, got none/, tensors('noise', { initial_noise: image })],
    [/"step_noise" \[steps - 1, N, C, H, W\], got 1x3x8x8/, tensors('step', { input: image, step_noise: image })],
    [/"alpha_bar" and "beta_bar" together, got only "beta_bar"/, tensors('beta', { input: image, beta_bar: table })],
    [/1000 timesteps/, tensors('short', { input: image, alpha_bar: table, beta_bar: table })],
    [/initialNoise of 1x3x8x8, got 1x3x4x4/, tensors('size', { input: image, initial_noise: filled([1, 3, 4, 4], 0) })],
    [/height and width divisible by 2, got 7x8/, tensors('odd', { input: filled([1, 3, 7, 8], 0) })],
    [/--count and --size only without --tensors/, [...tensors('both', { input: image }), '--count', '2']],
    [
      /derain: expected a model of task generation, got one of task restoration; pass explicit tensors/,
      ['--model', derain],
    ],
    [
      /sample: expected an --out ending in \.safetensors with --tensors, got \S*never\.png$/,
      [...tensors('png', { input: image }), '--out', join(root, 'never.png')],
    ],
    [
      /sample: expected --out in a folder that exists, got \S*none; create it first/,
      [...tensors('lost', { input: image }), '--out', join(root, 'none', 'out.safetensors')],
    ],
    [/--out in a folder that exists/, ['--model', generator, '--out', join(root, 'none', 'faces.png')]],
    [/a size divisible by 2, got 7x8/, ['--model', generator, '--size', '7x8']],
    [/image name ending in/, ['--model', generator]],
  ];
  for (const [message, words] of cases) {
    const refused = (error: unknown) => error instanceof RddmError && message.test(error.message);
    await assert.rejects(rddm('--out', never, '--device', 'reference', ...words), refused, String(message));
  }
  assert.ok(!existsSync(never));
  const there = file('there.safetensors', { input: image });
  await assert.rejects(
    rddm('--model', derain, '--tensors', there, '--out', there),
    /no file at \S*, got one; add --force/,
  );
  for (const wrong of ['--steps 0', '--eta x', '--noise-strength -1', '--clip all', '--start cold', '--size 0']) {
    await assert.rejects(rddm('--model', derain, '--out', never, ...wrong.split(' ')), CommanderError, wrong);
  }
});

test('the path determines the number of images, and readjusted coefficients their values', async () => {
  const given = file('walk.safetensors', { input: filled([1, 3, 8, 8], 0.5) });
  const walk = async (...words: string[]) => {
    const out = join(root, 'walk-out.safetensors');
    await rddm('--model', derain, '--tensors', given, '--out', out, '--device', 'reference', '--force', ...words);
    return tensorsOf(out).tensors;
  };
  const plain = await walk();
  const along = await walk('--path', '1,1 0.5,1 0.5,0.5 0,0');
  assert.deepEqual([plain.trajectory.shape[0], along.trajectory.shape[0]], [3, 4]);
  assert.ok(largestDifference((await walk('--path', 'residual-first')).clean, plain.clean) > 1e-6);
  assert.ok(largestDifference((await walk('--adjust', 'both', '--adjust-beta', '3')).clean, plain.clean) > 1e-6);
  assert.deepEqual(await walk('--adjust', 'none', '--path', 'together', '--variance', 'ddpm'), plain);
});

test('as a process: one line on stdout, progress on stderr', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const given = file('process.safetensors', { input: filled([1, 3, 8, 8], 0) });
  const words = ['sample', '--model', derain, '--tensors', given, '--out', join(root, 'out.safetensors')];
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...words], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\S*out\.safetensors: trajectory 3x1x3x8x8, clean 1x3x8x8, [\d.]+ s\n$/);
  assert.match(stderr, /^sampling: 2\/2 in [^\n]*\n$/);
  const json = spawnSync(process.execPath, ['--import', 'tsx', main, ...words, '--force', '--json', '--seed', '3'], {
    encoding: 'utf8',
  });
  assert.equal(json.status, 0, json.stderr);
  const { seconds, ...report } = JSON.parse(json.stdout);
  assert.ok(seconds > 0);
  assert.deepEqual(report, {
    format: 'rddm-sample',
    version: 1,
    ...{ model: derain, steps: 2, eta: 0, seed: 3, device: 'cpu', output: join(root, 'out.safetensors') },
    tensors: { trajectory: [3, 1, 3, 8, 8], clean: [1, 3, 8, 8] },
  });
});
