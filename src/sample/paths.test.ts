/** The sampler in unusual settings: readjusted coefficients, both variances, and paths off the schedule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { constantDenoiser, cumulativeNetworks, ddimGenerator, shape } from '../../test/support/denoisers.ts';
import { perfectDenoiser, walkChecked } from '../../test/support/perfect-denoiser.ts';
import { adjustModes, adjustSchedule } from '../diffusion/adjust.ts';
import { ddimAlphaBar } from '../diffusion/ddim.ts';
import type { Path } from '../diffusion/path.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { samplingTimes } from '../diffusion/times.ts';
import { varianceKinds } from '../diffusion/variance.ts';
import { createRandom, normalTensor } from '../math/random.ts';
import { filled, largestDifference, type Tensor, tensor } from '../math/tensor.ts';
import type { ModelConfigInput } from '../model/config.ts';
import type { SampleOptions } from './options.ts';
import { sample, sampleFinal } from './sampler.ts';

const zero = filled(shape, 0);
const half = filled(shape, 0.5);
const input = filled(shape, 0.25);

function image(name: string, seed: number): Tensor {
  const random = createRandom(seed, [name]);
  return tensor(
    shape,
    Array.from({ length: 24 }, () => random.between(-0.5, 0.5)),
  );
}

async function walk(fields: ModelConfigInput, options: SampleOptions) {
  const denoiser = constantDenoiser(fields, { residual: half, noise: zero });
  const states: number[][] = [];
  for await (const event of sample(denoiser, options)) {
    if (event.kind === 'step') states.push([event.to.alphaBar, event.to.betaBar]);
  }
  return { states, networkTimes: denoiser.asked.map(({ residualTime, noiseTime }) => [residualTime, noiseTime]) };
}

const anyPath: fc.Arbitrary<{ path: Path; steps?: number }> = fc.oneof(
  fc.record({
    path: fc.constantFrom('together' as const, 'residual-first' as const, 'noise-first' as const),
    steps: fc.integer({ min: 2, max: 9 }),
  }),
  fc
    .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 5,
    })
    .map((pairs) => {
      const down = (values: number[]) => values.sort((a, b) => b - a);
      const [alphas, betas] = [down(pairs.map(([a]) => a)), down(pairs.map(([, b]) => b))];
      return { path: [[1, 1], ...alphas.map((alphaBar, i) => [alphaBar, betas[i]] as const), [0, 0]] as Path };
    }),
);

test('a perfect predictor stays on Eq. 7 to the clean image for any path, schedule, adjustment, variance and η', async () => {
  const cases = fc.record({
    way: anyPath,
    kind: fc.constantFrom('power' as const, 'ddim-linear' as const),
    alpha: fc.double({ min: 0, max: 5, noNaN: true }),
    beta: fc.double({ min: 0, max: 5, noNaN: true }),
    mode: fc.constantFrom(...adjustModes),
    variance: fc.constantFrom(...varianceKinds),
    eta: fc.constantFrom(0, 0.4, 1),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ way, kind, alpha, beta, mode, variance, eta, seed }) => {
      const schedule = { kind, timesteps: 20 };
      const [truth, degraded] = [image('clean', seed), image('input', seed)];
      const denoiser = perfectDenoiser({ ...cumulativeNetworks, schedule }, createSchedule(schedule), truth, degraded);
      const adjust = { mode, alpha, beta };
      const options = { input: degraded, ...way, adjust, variance, eta, seed };
      const { final, off } = await walkChecked(denoiser, truth, options);
      assert.ok(largestDifference(final, truth) < 1e-4);
      assert.ok(off < 1e-4, `${off}`);
    }),
    { numRuns: 200 },
  );
});

test('residual first, then noise: the states, and the times that two networks get', async () => {
  const { states, networkTimes } = await walk(
    { ...cumulativeNetworks, schedule: {} },
    { input, path: 'residual-first', steps: 6 },
  );
  const { alphaBar, betaBar } = createSchedule();
  const [, t1, t2] = samplingTimes(1000, 3);
  assert.deepEqual(states, [
    [alphaBar[t1], 1],
    [alphaBar[t2], 1],
    [0, 1],
    [0, betaBar[t1]],
    [0, betaBar[t2]],
    [0, 0],
  ]);
  assert.deepEqual(networkTimes, [[1000, 1000], ...states.slice(0, -1).map(([a, b]) => [a * 1000, b * 1000])]);
});

test('a list of points gives the states themselves, and its first point the noise of the start', async () => {
  const path = [
    [1, 0.5],
    [0.5, 0.25],
    [0, 0],
  ] as const;
  const { states, networkTimes } = await walk({ ...cumulativeNetworks, schedule: {} }, { input, path });
  assert.deepEqual(states, [
    [0.5, 0.25],
    [0, 0],
  ]);
  assert.deepEqual(networkTimes, [
    [1000, 500],
    [500, 250],
  ]);
  const initialNoise = normalTensor(shape, 1, ['start']);
  const denoiser = constantDenoiser(
    { ...cumulativeNetworks, sampling: { path: path.map(([a, b]) => [a, b]), steps: 2 } },
    {},
  );
  for await (const { image: start } of sample(denoiser, { input, initialNoise })) {
    assert.ok(Math.abs(start.data[3] - (0.25 + 0.5 * initialNoise.data[3])) < 1e-6);
    break;
  }
});

test('readjusted coefficients: cumulative times are the new values', async () => {
  const schedule = { kind: 'ddim-linear' } as const;
  const adjust = { mode: 'both', alpha: 3, beta: 0.5 } as const;
  const { networkTimes } = await walk({ ...cumulativeNetworks, schedule }, { input, adjust, steps: 4 });
  const { alphaBar, betaBar } = adjustSchedule(createSchedule(schedule), adjust);
  assert.deepEqual(
    networkTimes,
    [999, 749, 499, 249].map((time) => [alphaBar[time] * 1000, betaBar[time] * 1000]),
  );
  const kept = await walk(
    { ...cumulativeNetworks, schedule },
    { input, adjust: { ...adjust, index: 'kept' }, steps: 4 },
  );
  assert.deepEqual(kept.networkTimes, networkTimes);
});

test('readjusted coefficients: the index is the one that training had there, or stays as in Fig. 5', async () => {
  const trained = createSchedule({ kind: 'ddim-linear' });
  const run = (adjust: SampleOptions['adjust'], fields: ModelConfigInput = ddimGenerator) =>
    walk(fields, { adjust, steps: 10, ...(fields.task === 'generation' ? { shape } : { input }) });
  const times = samplingTimes(1000, 10).slice(0, -1);
  const plain = times.map((time) => [time, time]);

  assert.deepEqual((await run({ mode: 'none', beta: 4 })).networkTimes, plain);
  assert.deepEqual((await run({ mode: 'alpha', alpha: 4 })).networkTimes, plain, 'the noise is unchanged');
  assert.deepEqual((await run({ mode: 'beta', beta: 4, index: 'kept' })).networkTimes, plain);
  const matched = await run({ mode: 'beta', beta: 4 });
  const { betaBar } = adjustSchedule(trained, { mode: 'beta', beta: 4 });
  for (const [i, [index]] of matched.networkTimes.entries()) {
    const error = (at: number) => Math.abs((trained.betaBar[at] ?? Infinity) - betaBar[times[i]]);
    assert.ok(error(index) <= Math.min(error(index - 1), error(index + 1)));
    if (i > 0) assert.ok(index < times[i], 'noise that comes later is weaker, and training had it earlier');
  }

  // A network that predicts only the residual follows the residual.
  const residual = await run({ mode: 'both', alpha: 2, beta: 2 }, { task: 'restoration' });
  const power = createSchedule();
  const { alphaBar } = createSchedule({ alpha: 2 });
  for (const [i, [index]] of residual.networkTimes.entries()) {
    assert.ok(Math.abs(power.alphaBar[index] - alphaBar[times[i]]) <= 0.002);
  }
});

test('on a path the index is matched to the noise', async () => {
  const { networkTimes } = await walk(ddimGenerator, { shape, path: 'residual-first', steps: 4 });
  assert.deepEqual(
    networkTimes.map(([index]) => index),
    [999, 999, 999, 499],
  );
});

test('a changed noise strength or a schedule of the caller keeps the index', async () => {
  const { networkTimes } = await walk({ schedule: {} }, { input, noiseStrength: 0.04, steps: 2 });
  assert.deepEqual(networkTimes, [
    [999, 999],
    [499, 499],
  ]);
});

test('variance "ddpm" and η = 1 is the DDPM step of a converted schedule', async () => {
  const noise = normalTensor(shape, 1, ['predicted']);
  const stepNoise = [normalTensor(shape, 1, ['fresh'])];
  const initialNoise = normalTensor(shape, 1, ['start']);
  const denoiser = constantDenoiser(ddimGenerator, { noise });
  const images: Tensor[] = [];
  const options = { shape, steps: 2, eta: 1, variance: 'ddpm', clip: 'none', initialNoise, stepNoise } as const;
  for await (const event of sample(denoiser, options)) images.push(event.image);
  // DDPM in its own terms: ᾱ is DDIM's cumulative product; one step from 999 to 499.
  const table = ddimAlphaBar('ddim-linear', 1000);
  const [at, next] = [table[999], table[499]];
  const alpha = at / next;
  const mean = (x: number, e: number) => (x - ((1 - alpha) / Math.sqrt(1 - at)) * e) / Math.sqrt(alpha);
  const deviation = Math.sqrt(((1 - next) / (1 - at)) * (1 - alpha));
  const wanted = initialNoise.data.map((x, i) => mean(x, noise.data[i]) + deviation * stepNoise[0].data[i]);
  const scale = Math.max(...wanted.map(Math.abs));
  assert.ok(largestDifference(images[1], tensor(shape, wanted)) < 1e-5 * scale);
});

test('options that do not fit are refused before the network is called', async () => {
  const refusal = async (message: RegExp, options: SampleOptions, fields: ModelConfigInput = cumulativeNetworks) => {
    const denoiser = constantDenoiser(fields, { residual: half, noise: half });
    await assert.rejects(sampleFinal(denoiser, options), { name: 'RddmError', message });
    assert.equal(denoiser.asked.length, 0);
  };
  const list: Path = [
    [1, 1],
    [0, 0],
  ];
  await refusal(/1 steps on a path of 2 points, got 3/, { input, path: list, steps: 3 });
  await refusal(/a path, together,.*got down/, { input, path: 'down' as 'together' });
  await refusal(/at least 2 steps for the path noise-first/, { input, path: 'noise-first', steps: 1 });
  await refusal(/variance sum-constrained or ddpm, got fixed/, { input, variance: 'fixed' as 'ddpm' });
  await refusal(/sample: expected a noise strength of at most 1 with variance "ddpm", got 4/, {
    input,
    noiseStrength: 4,
    variance: 'ddpm',
  });
  await refusal(/mode, one of none/, { input, adjust: { mode: 'all' as 'both' } });
  const noise = { task: 'generation', condition: 'none', objective: 'noise' } as const;
  await refusal(/a path that keeps noise.*got a point \[1, 0\]/, { shape, path: 'noise-first' }, noise);
  await refusal(
    /adjust.index "matched" with a path, got "kept"/,
    { shape, path: 'residual-first', adjust: { mode: 'alpha', index: 'kept' } },
    noise,
  );
});
