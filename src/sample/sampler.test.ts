import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { constantDenoiser, shape } from '../../test/support/denoisers.ts';
import { perfectDenoiser, walkChecked } from '../../test/support/perfect-denoiser.ts';
import { noisyKinds } from '../../test/support/schedule-kinds.ts';
import { combine } from '../diffusion/combine.ts';
import { objectives } from '../diffusion/objective.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { samplingTimes } from '../diffusion/times.ts';
import { createRandom, normalTensor } from '../math/random.ts';
import { filled, largestDifference, type Tensor, tensor } from '../math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import type { Denoiser } from './denoiser.ts';
import type { SampleOptions } from './options.ts';
import { type SampleEvent, sample, sampleFinal } from './sampler.ts';

/** Values that the reference's clipping does not change, including residuals. */
function image(name: string, seed = 0): Tensor {
  const random = createRandom(seed, [name]);
  return tensor(
    shape,
    Array.from({ length: 24 }, () => random.between(-0.5, 0.5)),
  );
}
const input = image('input');

async function collect(denoiser: Denoiser, options: SampleOptions): Promise<SampleEvent[]> {
  const events = [];
  for await (const event of sample(denoiser, options)) events.push(event);
  return events;
}

const half = filled(shape, 0.5);
const zero = filled(shape, 0);
const wide = { timesteps: 20 };

test('a perfect network stays on Eq. 7 to the clean image in 1, 2, 5 and T steps, for every objective and schedule', async () => {
  const cases = fc.record({
    objective: fc.constantFrom(...objectives),
    kind: fc.constantFrom(...noisyKinds),
    steps: fc.constantFrom(1, 2, 5, 20),
    eta: fc.constantFrom(0, 0.5, 1),
    noiseStrength: fc.constantFrom(0.01, 1),
    task: fc.constantFrom('deraining', 'generation'),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ objective, kind, steps, eta, noiseStrength, task, seed }) => {
      // In one step SM-N gets a state without the clean image (ᾱ_T = 1), so it cannot be recovered.
      const schedule = { kind, noiseStrength, ...wide };
      const isBlind = objective === 'noise' && createSchedule(schedule).alphaBar[19] === 1;
      if (isBlind && steps === 1) return;
      const degraded = task === 'generation' ? undefined : image('input', seed);
      const truth = image('clean', seed);
      const condition = task === 'generation' ? 'none' : 'input';
      const fields = { task, objective, condition, schedule } as ModelConfigInput;
      const denoiser = perfectDenoiser(fields, createSchedule(schedule as object), truth, degraded);
      const { final, off } = await walkChecked(denoiser, truth, {
        ...(degraded ? { input: degraded } : { shape }),
        steps,
        eta,
        seed,
      });
      const share = objective === 'noise' ? 1 - createSchedule(schedule as object).alphaBar[19] : 1;
      const isOneStep = steps === 1 && objective === 'noise';
      assert.ok(largestDifference(final, truth) < 1e-5 / (isOneStep ? share : 1));
      // SM-N's estimate for a state without the clean image is clipped, and the next images are off by as much.
      if (!isBlind) assert.ok(off < 1e-5 / share, `${off}`);
    }),
    { numRuns: 150 },
  );
});

test('networks that predict both can be sampled by one of them, like SM-Res and SM-N', async () => {
  const [residual, noise] = [image('residual'), normalTensor(shape, 2, ['noise'])];
  const schedule = { ...wide, noiseStrength: 0.25 };
  for (const method of ['residual', 'noise'] as const) {
    const both = constantDenoiser({ objective: 'residual-noise', schedule }, { residual, noise });
    const alone = constantDenoiser({ objective: method, schedule }, { residual, noise });
    const options = { input, steps: 4, eta: 0.5, clip: 'none', seed: 3 } as const;
    const found = await collect(both, { ...options, method });
    assert.deepEqual(found, await collect(alone, options));
    const configured = constantDenoiser(
      { objective: 'residual-noise', schedule, sampling: { method } },
      { residual, noise },
    );
    assert.deepEqual(found, await collect(configured, options));
    assert.ok(largestDifference(found[2].image, (await collect(both, options))[2].image) > 0.01);
  }
});

test("calls the network at the reference's times, 0 … T − 1, and ends with the predicted clean image", async () => {
  const denoiser = constantDenoiser({ schedule: {} }, { residual: half });
  const events = await collect(denoiser, { input, steps: 5 });
  assert.deepEqual(
    denoiser.asked.map(({ residualTime, noiseTime }) => [residualTime, noiseTime]),
    [999, 799, 599, 399, 199].map((time) => [time, time]),
  );
  assert.deepEqual(
    events.map((event) =>
      event.kind === 'start' ? event.kind : [event.step, event.steps, event.time, event.nextTime],
    ),
    ['start', [1, 5, 999, 799], [2, 5, 799, 599], [3, 5, 599, 399], [4, 5, 399, 199], [5, 5, 199, -1]],
  );
  const last = events[5];
  assert.ok(last.kind === 'step');
  assert.deepEqual(last.image, last.clean);
  const wanted = combine('test', [
    [1, input],
    [-1, half],
  ]).data.map((value) => Math.max(-1, value));
  assert.deepEqual(last.image.data, wanted);
});

test('each image follows from the one before by Eq. 12, with the cumulative values of its two times', async () => {
  const initialNoise = normalTensor(shape, 1, ['start']);
  const noise = normalTensor(shape, 1, ['predicted']);
  const stepNoise = [1, 2, 3].map((step) => normalTensor(shape, 1, ['step', step]));
  const fields = { objective: 'residual-noise', schedule: { timesteps: 8, noiseStrength: 0.25 } } as const;
  const denoiser = constantDenoiser(fields, { residual: half, noise });
  const events = await collect(denoiser, { input, steps: 4, eta: 0.6, initialNoise, stepNoise });
  const times = [7, 5, 3, 1];
  assert.deepEqual(
    denoiser.asked.map(({ residualTime }) => residualTime),
    times,
  );
  // ᾱ_t = Σ (8 − i) / 36, β̄_t² = 0.25 Σ (i + 1) / 36, written out.
  const alphaBar = [8, 15, 21, 26, 30, 33, 35, 36].map((sum) => sum / 36);
  const betaBarSquared = [1, 3, 6, 10, 15, 21, 28, 36].map((sum) => (0.25 * sum) / 36);
  const state = input.data.map((value, i) => value + 0.5 * initialNoise.data[i]);
  assert.ok(largestDifference(events[0].image, tensor(shape, state)) < 1e-6);
  for (let step = 1; step <= 3; step++) {
    const [t, s] = [times[step - 1], times[step]];
    const sigma2 = (0.6 * (betaBarSquared[t] - betaBarSquared[s]) * betaBarSquared[s]) / betaBarSquared[t];
    for (let i = 0; i < state.length; i++) {
      state[i] +=
        -(alphaBar[t] - alphaBar[s]) * 0.5 -
        (Math.sqrt(betaBarSquared[t]) - Math.sqrt(betaBarSquared[s] - sigma2)) * noise.data[i] +
        Math.sqrt(sigma2) * stepNoise[step - 1].data[i];
    }
    assert.ok(largestDifference(events[step].image, tensor(shape, state)) < 1e-5, `step ${step}`);
  }
});

test('with as many steps as times, each is visited once', async () => {
  const denoiser = constantDenoiser({ schedule: wide }, { residual: half });
  await sampleFinal(denoiser, { input, steps: 20 });
  assert.deepEqual(
    denoiser.asked.map(({ noiseTime }) => noiseTime),
    Array.from({ length: 20 }, (_, step) => 19 - step),
  );
});

test('with cumulative time each network gets its own coefficient, times T', async () => {
  const fields = {
    task: 'inpainting',
    objective: 'residual-noise',
    networks: 'two',
    time: 'cumulative',
    condition: 'none',
    schedule: { kind: 'ddim-linear' },
  } as const;
  const denoiser = constantDenoiser(fields, { residual: half, noise: zero });
  await sampleFinal(denoiser, { input, steps: 2 });
  const { alphaBar, betaBar } = createSchedule({ kind: 'ddim-linear' });
  assert.deepEqual(
    denoiser.asked.map(({ residualTime, noiseTime }) => [residualTime, noiseTime]),
    [999, 499].map((time) => [alphaBar[time] * 1000, betaBar[time] * 1000]),
  );
});

test('the network gets what its condition names, and no more', async () => {
  const seen = async (condition: 'none' | 'input' | 'input-and-mask', mask?: Tensor) => {
    const denoiser = constantDenoiser({ task: 'inpainting', condition, schedule: wide }, { residual: half });
    await sampleFinal(denoiser, { input, mask, steps: 1 });
    return Object.keys(denoiser.asked[0]).filter((name) => name === 'input' || name === 'mask');
  };
  assert.deepEqual(await seen('none'), []);
  assert.deepEqual(await seen('input'), ['input']);
  assert.deepEqual(await seen('input-and-mask', half), ['input', 'mask']);
});

test("starts where the forward process ends, or from unit noise like the reference's generation", async () => {
  const initialNoise = normalTensor(shape, 4, ['start']);
  const start = async (fields: ModelConfigInput, options: SampleOptions) => {
    const [event] = await collect(constantDenoiser(fields, { residual: half, noise: zero }), {
      initialNoise,
      ...options,
    });
    return event.image;
  };
  const schedule = { noiseStrength: 0.04, ...wide };
  const carrying = (scale: number, image?: Tensor) =>
    combine('test', [
      [1, image],
      [scale, initialNoise],
    ]);
  assert.ok(largestDifference(await start({ schedule }, { input }), carrying(0.2, input)) < 1e-7);
  assert.ok(largestDifference(await start({ schedule }, { input, noiseStrength: 1 }), carrying(1, input)) < 1e-7);
  const generation = { task: 'generation', objective: 'noise', condition: 'none', schedule } as const;
  assert.ok(largestDifference(await start(generation, { shape }), carrying(0.2)) < 1e-7);
  assert.deepEqual(await start(generation, { shape, start: 'unit-noise' }), initialNoise);
});

test('defaults come from the model; options override them', async () => {
  const fields = { schedule: wide, sampling: { steps: 3, eta: 1, clip: 'none' } } as const;
  const denoiser = constantDenoiser(fields, { residual: filled(shape, 1.5) });
  const events = await collect(denoiser, { input });
  const last = events[3];
  assert.equal(events.length, 4);
  assert.ok(last.kind === 'step' && last.residual.data[0] === 1.5 && last.image.data[0] < -0.9);
  const clippedEvents = await collect(denoiser, { input, clip: 'reference', steps: 2, schedule: createSchedule(wide) });
  assert.equal(clippedEvents.length, 3);
  assert.ok(clippedEvents[2].kind === 'step' && clippedEvents[2].residual.data[0] === 1);
});

test('one seed gives one run; another seed, or a step with η, changes it', async () => {
  const fields = { objective: 'residual-noise', schedule: wide } as const;
  const denoiser = constantDenoiser(fields, { residual: zero, noise: zero });
  const run = (options: SampleOptions) => sampleFinal(denoiser, { input, steps: 3, clip: 'none', ...options });
  assert.deepEqual(await run({ seed: 5, eta: 1 }), await run({ seed: 5, eta: 1 }));
  assert.deepEqual(await run({}), await run({ seed: 0 }));
  assert.ok(largestDifference(await run({ seed: 5 }), await run({ seed: 6 })) > 0.1);
  assert.ok(largestDifference(await run({ seed: 5 }), await run({ seed: 5, eta: 1 })) > 0.1);
});

test('images may be kept: later steps and reused network buffers do not change them', async () => {
  const residual = filled(shape, 0.5);
  let calls = 0;
  const predict = async () => {
    residual.data.fill(++calls / 10);
    return { residual };
  };
  const kept = await collect({ config: modelConfig({ schedule: wide }), predict }, { input, steps: 3 });
  const values = kept.flatMap((event) => (event.kind === 'step' ? [Math.round(event.residual.data[0] * 10)] : []));
  assert.deepEqual(values, [1, 2, 3]);
});

test('sampling without noise is deterministic', async () => {
  const denoiser = constantDenoiser({ schedule: { noiseStrength: 0, ...wide } }, { residual: half });
  const events = await collect(denoiser, { input, steps: 4, eta: 1 });
  assert.deepEqual(events[0].image, input);
  const { alphaBar } = createSchedule(wide);
  const [, time] = samplingTimes(20, 4);
  const wanted = combine('test', [
    [1, input],
    [-(1 - alphaBar[time]), half],
  ]);
  assert.ok(largestDifference(events[1].image, wanted) < 1e-6);
});
