/** How the sampler ends early and what it refuses: aborts, invalid predictions, options that do not fit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantDenoiser, shape } from '../../test/support/denoisers.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { filled, type Tensor, tensor } from '../math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import type { DenoiserAnswer } from './denoiser.ts';
import type { SampleOptions } from './options.ts';
import { sample, sampleFinal } from './sampler.ts';

const input = filled(shape, 0.25);
const half = filled(shape, 0.5);
const wide = { timesteps: 20 };

test('a sampling method that the network cannot serve is refused, in the options and in the configuration', async () => {
  const refusal = /method "residual", what the network predicts, got "noise"; networks that predict both can be/;
  const alone = constantDenoiser({ schedule: wide }, { residual: half });
  await assert.rejects(sampleFinal(alone, { input, method: 'noise' }), refusal);
  assert.throws(() => modelConfig({ objective: 'residual', sampling: { method: 'noise' } }), refusal);
  assert.equal(modelConfig({ objective: 'residual', sampling: { method: 'residual' } }).sampling.method, 'residual');
  const both = constantDenoiser({ objective: 'residual-noise', schedule: wide }, { residual: half, noise: half });
  const unknown = sampleFinal(both, { input, method: 'clean' as 'noise' });
  await assert.rejects(unknown, /method "residual", "noise" or "residual-noise", got "clean"/);
});

test('an AbortSignal stops before the next step, with its reason', async () => {
  const denoiser = constantDenoiser({ schedule: wide }, { residual: half });
  const controller = new AbortController();
  const seen: string[] = [];
  const run = async () => {
    for await (const event of sample(denoiser, { input, steps: 5, signal: controller.signal })) {
      seen.push(event.kind);
      if (event.kind === 'step' && event.step === 2) controller.abort();
    }
  };
  await assert.rejects(run, { name: 'AbortError' });
  assert.deepEqual(seen, ['start', 'step', 'step']);
  assert.equal(denoiser.asked.length, 2);

  const reason = new Error('closed by its user');
  const aborted = sampleFinal(denoiser, { input, signal: AbortSignal.abort(reason) });
  await assert.rejects(aborted, (error) => error === reason);
  assert.equal(denoiser.asked.length, 2);
});

test('an abort while the network runs yields no further image', async () => {
  const controller = new AbortController();
  const predict = async () => {
    controller.abort();
    return { residual: half };
  };
  const run = sampleFinal({ config: modelConfig({ schedule: wide }), predict }, { input, signal: controller.signal });
  await assert.rejects(run, { name: 'AbortError' });
});

test('a consumer that leaves early leaves no step running', async () => {
  const denoiser = constantDenoiser({ schedule: wide }, { residual: half });
  for await (const event of sample(denoiser, { input, steps: 5 })) if (event.kind === 'step') break;
  assert.equal(denoiser.asked.length, 1);
});

test('an invalid prediction is refused at its step, with a sentence', async () => {
  const spoiled = (value: number): Tensor =>
    tensor(
      shape,
      Array.from({ length: 24 }, (_, i) => (i === 7 ? value : 0)),
    );
  const answers = async (answer: DenoiserAnswer, fields: ModelConfigInput = {}) => {
    let calls = 0;
    const predict = async () => (++calls < 2 ? { residual: half, noise: half } : answer);
    return sampleFinal({ config: modelConfig({ schedule: wide, ...fields }), predict }, { input, steps: 2 });
  };
  const both = { objective: 'residual-noise' } as const;
  await assert.rejects(answers({ residual: spoiled(Number.NaN) }), {
    name: 'RddmError',
    message: /sample: expected finite numbers in the predicted residual at step 2 of 2 \(time 9\), got NaN; /,
  });
  await assert.rejects(
    answers({ residual: half, noise: spoiled(-Infinity) }, both),
    /predicted noise at step 2.*-Infinity/,
  );
  await assert.rejects(answers({ noise: half }), /to predict the residual at step 2 of 2.*got none/);
  await assert.rejects(answers({ residual: half }, both), /to predict the noise at step 2/);
  await assert.rejects(answers({ residual: filled([1, 3, 2, 2], 0) }), /residual of 2x3x2x2 at step 2.*got 1x3x2x2/);
});

test('options that do not fit the model are refused before it is called', async () => {
  const refusal = async (pattern: RegExp, options: object, fields: ModelConfigInput = {}) => {
    const denoiser = constantDenoiser({ schedule: wide, ...fields }, { residual: half, noise: half });
    await assert.rejects(sampleFinal(denoiser, options as SampleOptions), { name: 'RddmError', message: pattern });
    assert.equal(denoiser.asked.length, 0);
  };
  const generation = { task: 'generation', objective: 'noise', condition: 'none' } as const;
  await refusal(/an input image for restoration, got none/, { shape });
  await refusal(/no input, since the model generates/, { input }, generation);
  await refusal(/the shape to generate, got none; pass shape: \[count, 3/, {}, generation);
  await refusal(/a shape \[N, 3, H, W\], got 2x1x2x2/, { shape: [2, 1, 2, 2] }, generation);
  await refusal(/an input \[N, 3, H, W\], got 3x2x2/, { input: filled([3, 2, 2], 0) });
  await refusal(/the shape of the input, 2x3x2x2, got 1x3x2x2/, { input, shape: [1, 3, 2, 2] });
  await refusal(/a mask, which the network sees, got none/, { input }, { condition: 'input-and-mask' });
  await refusal(/a mask of 2x3x2x2/, { input, mask: filled([2, 1, 2, 2], 0) }, { condition: 'input-and-mask' });
  await refusal(/no mask, which this network does not use/, { input, mask: half });
  await refusal(/samplingTimes: expected 1 to 20 steps.*got 21/, { input, steps: 21 });
  await refusal(/got 0/, { input, steps: 0 });
  await refusal(/eta, a number from 0 to 1, got 2/, { input, eta: 2 });
  await refusal(/clip "reference" or "none", got hard/, { input, clip: 'hard' });
  await refusal(/start "noise-strength" or "unit-noise", got zero/, { input, start: 'zero' });
  await refusal(/seed, an integer, got 0.5/, { input, seed: 0.5 });
  await refusal(/noiseStrength, a number from 0, got -1/, { input, noiseStrength: -1 });
  await refusal(/a schedule or a noiseStrength, got both/, { input, noiseStrength: 1, schedule: createSchedule(wide) });
  await refusal(/a schedule of 20 timesteps.*got 1000/, { input, schedule: createSchedule() });
  await refusal(/a noise strength above 0/, { shape, noiseStrength: 0 }, generation);
  await refusal(/initialNoise of 2x3x2x2, got 1/, { input, initialNoise: filled([1], 0) });
  await refusal(/stepNoise for 4 steps, all but the last, got 3 tensors/, {
    input,
    steps: 5,
    eta: 1,
    stepNoise: [half, half, half],
  });
  await refusal(/stepNoise of 2x3x2x2, got 1 at 1/, { input, stepNoise: [half, filled([1], 0)] });
});
