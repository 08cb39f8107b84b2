/** Validation during a run in a directory: its scores, the best model, and what a stop or a crash leaves. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  bytes,
  files,
  folderOf,
  fresh,
  run,
  runtime,
  stopAt,
  unet,
  values,
} from '../../../../test/support/training-runs.ts';
import { events, held, pairs, validated } from '../../../../test/support/validation-runs.ts';
import type { Image } from '../../../data/image.ts';
import { RddmError } from '../../../math/errors.ts';
import { psnrRgb } from '../../../metrics/psnr.ts';
import { ssimRgb } from '../../../metrics/ssim.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { createNetworkDenoiser } from '../../../sample/network-denoiser.ts';
import { restoreImage } from '../../../sample/restore.ts';
import { decodeCheckpoint } from '../../../train/checkpoint.ts';
import { loadModel } from '../files/files.ts';
import { readImage, writeImage } from '../pictures/images.ts';
import { readRunConfig } from './run-folder.ts';
import { runTraining } from './training-run.ts';

const dropped = /^(log|events)/;

test('the averaged weights are scored at every checkpoint and at the end, and the best are kept', async () => {
  const directory = fresh('run');
  const told = await events(validated(), directory);
  assert.deepEqual(told.map(({ kind, step }) => `${kind} ${step}`).slice(0, 7), [
    'opened 0',
    'saved 2',
    'validated 2',
    'saved 4',
    'validated 4',
    'saved 6',
    'validated 6',
  ]);
  const opened = told[0];
  assert.ok(opened.kind === 'opened');
  assert.deepEqual([opened.pictures, opened.held], [3, 2]);
  assert.deepEqual(
    files(directory).filter((name) => !name.startsWith('model')),
    [
      'best/config.json',
      'best/weights.safetensors',
      'checkpoint.safetensors',
      'events.out.tfevents.N.rddm',
      'log.jsonl',
      'train.json',
    ],
  );
  // By hand: the best model restores both pictures, and so does no model at all.
  const { config, weights } = await loadModel(join(directory, 'best'));
  const denoiser = createNetworkDenoiser(runtime, config, weights);
  const byHand = { psnr: 0, ssim: 0, input: { psnr: 0, ssim: 0 } };
  for (const name of ['x.png', 'y.png']) {
    const clean = await readImage(join(held.target, name));
    const input = await readImage(join(held.input, name));
    let result: Image = input;
    for await (const { image } of restoreImage(denoiser, input)) result = image;
    byHand.psnr += psnrRgb(result, clean) / 2;
    byHand.ssim += ssimRgb(result, clean) / 2;
    byHand.input.psnr += psnrRgb(input, clean) / 2;
    byHand.input.ssim += ssimRgb(input, clean) / 2;
  }
  await denoiser.release();
  const scores = told.filter((event) => event.kind === 'validated');
  const best = scores.reduce((one, other) => (other.psnr > one.psnr ? other : one));
  const near = (one: number, other: number): void => assert.ok(Math.abs(one - other) < 1e-9, `${one} is not ${other}`);
  near(best.psnr, byHand.psnr);
  near(best.ssim, byHand.ssim);
  near(best.input.psnr, byHand.input.psnr);
  near(best.input.ssim, byHand.input.ssim);
  assert.equal(new Set(scores.map(({ psnr }) => psnr)).size, 3);
  assert.equal(scores[2].bestStep, best.step);
  assert.equal(config.training?.steps, best.step);
  const { psnr, ssim, input } = best;
  assert.deepEqual((config.training as { validation: unknown }).validation, { psnr, ssim, input });
  const saved = told.filter((event) => event.kind === 'saved').at(-1);
  assert.deepEqual(saved?.best, { step: best.step, psnr, ssim, input, model: join(directory, 'best') });
  // The log has a line of its own for each, and so has TensorBoard.
  const lines = values(directory) as { step: number; values: Record<string, number> }[];
  const logged = lines.filter(({ values: line }) => 'validation/psnr' in line);
  assert.deepEqual(
    logged,
    scores.map((one) => ({
      step: one.step,
      values: {
        'validation/psnr': one.psnr,
        'validation/ssim': one.ssim,
        'validation/inputPsnr': input.psnr,
        'validation/inputSsim': input.ssim,
      },
    })),
  );
  const eventFile = readdirSync(directory).find((name) => name.startsWith('events')) as string;
  const tensorboard = bytes(directory, eventFile).toString('latin1');
  for (const name of Object.keys(logged[0].values)) assert.equal(tensorboard.split(name).length - 1, 3, name);
});

test('other pictures change nothing of the training', async () => {
  const [plain, scored] = [fresh('run'), fresh('run')];
  const { validation, ...without } = validated();
  assert.ok(validation);
  await run(without, plain);
  await run(validated(), scored);
  for (const name of ['model/weights.safetensors', 'model/config.json']) {
    assert.ok(bytes(plain, name).equals(bytes(scored, name)), name);
  }
});

describe('stopping and resuming', () => {
  const config = validated({ steps: 6, logEvery: 1 });
  const same = (one: string, other: string): void => {
    const names = files(one).filter((name) => !dropped.test(name));
    assert.deepEqual(
      files(other).filter((name) => !dropped.test(name)),
      names,
    );
    for (const name of names) assert.ok(bytes(one, name).equals(bytes(other, name)), name);
    assert.deepEqual(values(other), values(one));
  };

  for (const stop of [3]) {
    test(`after step ${stop}: the bytes, the best model and the scores of an uninterrupted run`, async () => {
      const [whole, halves] = [fresh('run'), fresh('run')];
      await run(config, whole);
      await run(config, halves, 'new', stopAt(stop));
      await run(await readRunConfig(halves), halves, 'resume');
      same(whole, halves);
    });
  }

  test('a stop during a validation is made up for', async () => {
    const [whole, halves] = [fresh('run'), fresh('run')];
    await run(config, whole);
    const controller = new AbortController();
    const stopping: Runtime = {
      ...runtime,
      load: async (programs, states) => {
        if ('denoise' in programs) controller.abort();
        return runtime.load(programs, states);
      },
    };
    const told: string[] = [];
    const { signal } = controller;
    for await (const event of runTraining({ config, directory: halves, runtime: stopping, mode: 'new', signal })) {
      told.push(`${event.kind} ${event.step}`);
    }
    assert.deepEqual(told, ['opened 0', 'step 1', 'step 2', 'saved 2', 'saved 2']);
    assert.ok(!existsSync(join(halves, 'best')));
    assert.deepEqual((await run(await readRunConfig(halves), halves, 'resume')).slice(0, 3), [
      'opened 2',
      'validated 2',
      'step 3',
    ]);
    same(whole, halves);
  });

  test('a crash between the checkpoint and the best model is made up for', async () => {
    const [whole, halves] = [fresh('run'), fresh('run')];
    await run(config, whole);
    for await (const event of runTraining({ config, directory: halves, runtime, mode: 'new' })) {
      if (event.kind === 'validated') break;
    }
    const { validation } = decodeCheckpoint(bytes(halves, 'checkpoint.safetensors'), config, 'checkpoint');
    assert.equal(validation?.best.step, 2);
    rmSync(join(halves, 'best'), { recursive: true });
    await run(config, halves, 'resume', stopAt(3));
    const { config: best } = await loadModel(join(halves, 'best'));
    assert.equal(best.training?.steps, 2);
    await run(config, halves, 'resume');
    same(whole, halves);
  });

  test('a run that is resumed after its end is not validated again', async () => {
    const directory = fresh('run');
    await run(config, directory);
    const before = values(directory);
    assert.deepEqual((await run(config, directory, 'resume')).slice(0, 2), ['opened 6', 'finished 6']);
    assert.deepEqual(values(directory), before);
  });

  test('other squares start the comparison anew, and say so', async () => {
    const directory = fresh('run');
    await run(config, directory, 'new', stopAt(5));
    const other = await pairs(['x.png', 'z.png']);
    const told = await events(validated({ validation: { ...other, count: 2 } }), directory, 'resume');
    assert.ok(told[1].kind === 'warning');
    assert.match(told[1].message, /^the pictures to validate on have changed: earlier scores do not count/);
    const scores = told.filter((event) => event.kind === 'validated');
    assert.deepEqual(
      scores.map(({ step, bestStep }) => [step, bestStep]),
      [[6, 6]],
    );
  });
});

test('a run that ends below its own input says so', async () => {
  const directory = fresh('run');
  // The input is almost the clean picture, so that a network of six steps makes it worse.
  const { target } = held;
  const almost = await folderOf([]);
  for (const name of ['x.png', 'y.png']) {
    const image = await readImage(join(target, name));
    await writeImage(join(almost, name), {
      ...image,
      data: image.data.map((value, i) => value + (i % 97 === 0 ? 1 : 0)),
    });
  }
  const told = await events(validated({ validation: { input: almost, target, count: 2 } }), directory);
  const last = told.at(-1);
  assert.ok(last?.kind === 'warning');
  assert.match(
    last.message,
    /^the model does not improve on its input: at best \d+\.\d\d dB after step \d, and the input alone 6\d\.\d\d dB$/,
  );
});

test('a validation that fails is reported, and costs no step', async () => {
  const directory = fresh('run');
  const failing: Runtime = {
    ...runtime,
    load: async (programs, states) => {
      if ('denoise' in programs) throw new RddmError('onnxruntime: out of memory');
      return runtime.load(programs, states);
    },
  };
  const told: string[] = [];
  for await (const event of runTraining({ config: validated(), directory, runtime: failing, mode: 'new' })) {
    if (event.kind === 'warning') told.push(event.message);
    if (event.kind === 'saved') told.push(`saved ${event.step}, ${event.best}`);
  }
  assert.deepEqual(told.slice(0, 2), ['saved 2, undefined', 'no validation of step 2: onnxruntime: out of memory']);
  assert.ok(!existsSync(join(directory, 'best')));
});

test('while an objective is being chosen, there is nothing to validate', async () => {
  const config = validated({
    model: { unet, sampling: { steps: 1 } },
    objective: 'automatic',
    selection: { threshold: 0.0025 },
  });
  const told = await run(config, fresh('run'));
  const chosen = told.findIndex((word) => word.startsWith('chosen'));
  assert.ok(chosen > 0);
  assert.ok(!told.slice(0, chosen).some((word) => word.startsWith('validated')));
  assert.ok(told.includes('validated 6'));
});
