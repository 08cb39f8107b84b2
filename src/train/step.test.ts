/** The training step on the reference runtime: losses by hand, accumulation, one optimiser or two. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSchedule } from '../diffusion/schedule.ts';
import { evaluate } from '../graph/evaluate.ts';
import { normalTensor } from '../math/random.ts';
import { type Tensor, type TensorMap, tensor } from '../math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../model/config.ts';
import { modelParameters, networkFeeds, networks } from '../model/networks.ts';
import { constantParameters, initialWeights } from '../nn/parameters.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import type { Loss } from './losses.ts';
import { type OptimiserOptions, optimiserFeeds, stateNames } from './optimiser.ts';
import { batchFeeds, initialStates, type StepOptions, stepPrograms, type TrainingBatch } from './step.ts';

const unet = { dim: 8, multipliers: [1], groups: 4 };
const adam: OptimiserOptions = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };
const base: StepOptions = { ...adam, loss: 'l1', batch: 2, height: 3, width: 4, accumulation: 1 };

const weightsOf = (config: ModelConfig): Record<string, Tensor> => initialWeights(modelParameters(config), 5);

/** `count` images from the stream with this name. */
const images = (name: string, count: number): Tensor => {
  const { shape, data } = normalTensor([count, 3, 3, 4], 1, ['step test', name]);
  return { shape, data: data.map((value) => value / 3) };
};

const batchOf = (count: number): TrainingBatch => ({
  clean: images('clean', count),
  input: images('input', count),
  noise: images('noise', count),
  time: [700, 40].slice(0, count),
});

/** One image of a batch as a separate batch. */
const single = ({ clean, input, noise, time }: TrainingBatch, index: number): TrainingBatch => {
  const at = ({ shape, data }: Tensor): Tensor => {
    const size = data.length / shape[0];
    return tensor([1, ...shape.slice(1)], data.slice(index * size, (index + 1) * size));
  };
  return { clean: at(clean), input: input && at(input), noise: at(noise), time: [time[index]] };
};

async function load(config: ModelConfig, options: StepOptions) {
  const programs = stepPrograms(config, options);
  return createReferenceRuntime().load(programs, initialStates(weightsOf(config), options.accumulation));
}

const largestError = (given: TensorMap, wanted: TensorMap): number => {
  let largest = 0;
  for (const [name, { data }] of Object.entries(wanted)) {
    const magnitude = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    data.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(given[name].data[i] - value) / magnitude);
    });
  }
  return largest;
};

describe('accumulation', () => {
  const config = modelConfig({ unet });
  const schedule = createSchedule(config.schedule);
  for (const loss of ['l1', 'l2'] as const) {
    test(`two single images equal one batch of two: ${loss}`, async () => {
      const batch = batchOf(2);
      const rates = optimiserFeeds(1, 1e-3, 0.5, adam);
      const whole = await load(config, { ...base, loss });
      const parts = await load(config, { ...base, loss, batch: 1, accumulation: 2 });

      const one = await whole.run('step', { ...batchFeeds(config, schedule, batch), ...rates });
      const first = await parts.run('accumulate', batchFeeds(config, schedule, single(batch, 0)));
      const second = await parts.run('step', { ...batchFeeds(config, schedule, single(batch, 1)), ...rates });

      const mean = (first.loss.data[0] + second.loss.data[0]) / 2;
      assert.ok(Math.abs(mean - one.loss.data[0]) < 1e-6);
      assert.ok(Math.abs(second.gradientNorm.data[0] / one.gradientNorm.data[0] - 1) < 1e-6);
      const states = await whole.readStates();
      const accumulated = await parts.readStates();
      // 1/2 is exact; what remains is the float32 of the states.
      assert.ok(largestError(accumulated, states) < 1e-6);
      const sums = Object.entries(accumulated).filter(([name]) => name.startsWith('gradient/'));
      assert.equal(sums.length, Object.keys(weightsOf(config)).length);
      assert.ok(sums.every(([, { data }]) => data.every((value) => value === 0)));
    });
  }

  test('sums move, weights do not until the step', async () => {
    const executable = await load(config, { ...base, batch: 1, accumulation: 2 });
    const weights = weightsOf(config);
    await executable.run('accumulate', batchFeeds(config, schedule, single(batchOf(2), 0)));
    const states = await executable.readStates();
    for (const [name, weight] of Object.entries(weights)) assert.deepEqual(states[name].data, weight.data);
    assert.ok(states[stateNames.gradientSum('unet0.init_conv.weight')].data.some((value) => value !== 0));
  });
});

describe('the loss by hand', () => {
  const forms: Readonly<Record<string, ModelConfigInput>> = {
    'the residual': { unet },
    'the noise': { unet, objective: 'noise' },
    'the clean image': { unet, objective: 'clean' },
    'both, by two networks that see no input': {
      unet,
      objective: 'residual-noise',
      networks: 'two',
      condition: 'none',
      task: 'translation',
    },
    'both, each network at its own cumulative time': {
      unet,
      objective: 'residual-noise',
      networks: 'two',
      time: 'cumulative',
      schedule: { noiseStrength: 0.01 },
    },
    'generation, without any input': { unet, objective: 'residual-noise', task: 'generation', condition: 'none' },
  };

  for (const [name, fields] of Object.entries(forms)) {
    for (const loss of ['l1', 'l2'] as const) {
      test(`${name}, ${loss}`, async () => {
        const config = modelConfig(fields);
        const schedule = createSchedule(config.schedule);
        const generates = config.task === 'generation';
        const { input, ...rest } = batchOf(2);
        const batch: TrainingBatch = generates ? rest : { ...rest, input };
        const feeds = batchFeeds(config, schedule, batch);

        const executable = await load(config, { ...base, loss });
        const outputs = await executable.run('step', { ...feeds, ...optimiserFeeds(1, 1e-3, 0, adam) });

        const clean = batch.clean.data;
        const noise = batch.noise.data;
        const residual = clean.map((value, i) => (input && !generates ? input.data[i] : 0) - value);
        const times = Array.from(batch.time);
        const size = clean.length / times.length;
        const noisy = clean.map((value, i) => {
          const time = times[Math.floor(i / size)];
          return value + schedule.alphaBar[time] * residual[i] + schedule.betaBar[time] * noise[i]; // Eq. 7
        });
        const graph = networks(config, networkFeeds(config, 2, 3, 4), constantParameters(weightsOf(config)));
        const { residualTime, noiseTime = residualTime } = feeds;
        const given = { noisy: tensor(batch.clean.shape, noisy), ...(input && { input }), residualTime, noiseTime };
        const error = (wanted: Float32Array, node: typeof graph.residual): number | undefined => {
          if (!node) return undefined;
          const [{ data }] = evaluate([node], given);
          const distances = Array.from(wanted, (value, i) => Math.abs(value - data[i]));
          const powers = loss === 'l1' ? distances : distances.map((distance) => distance ** 2);
          return powers.reduce((a, b) => a + b, 0) / powers.length;
        };
        const residualLoss = error(residual, graph.residual);
        const noiseLoss = error(noise, graph.noise);
        const cleanLoss = error(clean, graph.clean);

        const close = (one: Tensor, wanted: number): void =>
          assert.ok(Math.abs(one.data[0] - wanted) < 1e-6 * Math.max(1, wanted), `${one.data[0]} and ${wanted}`);
        close(outputs.loss, (residualLoss ?? 0) + (noiseLoss ?? 0) + (cleanLoss ?? 0));
        if (residualLoss !== undefined && noiseLoss !== undefined) {
          close(outputs.residualLoss, residualLoss);
          close(outputs.noiseLoss, noiseLoss);
        } else assert.deepEqual(Object.keys(outputs).sort(), ['gradientNorm', 'loss']);
      });
    }
  }
});

describe('two networks with an optimiser each', () => {
  const config = modelConfig({ unet, networks: 'two', objective: 'residual-noise' });
  const feeds = {
    ...batchFeeds(config, createSchedule(config.schedule), batchOf(2)),
    ...optimiserFeeds(1, 1e-3, 0.5, adam),
  };
  const norms = (outputs: Record<string, Tensor>) =>
    ['gradientNorm', 'residualGradientNorm', 'noiseGradientNorm'].map((name) => outputs[name]?.data[0]);

  test("each clips by its own norm: its training does not depend on the other's error", async () => {
    const separate = await load(config, { ...base, losses: 'separate', clipNorm: 1e-3 });
    const [all, residual, noise] = norms(await separate.run('step', feeds));
    assert.ok(Math.abs(Math.hypot(residual, noise) / all - 1) < 1e-6);
    // Both gradients exceed the clip norm, so the squares of the first moments sum to twice (1 − β₁)² of its square.
    const states = await separate.readStates();
    for (const network of ['unet0.', 'unet1.']) {
      const moments = Object.entries(states).filter(([name]) => name.startsWith(`adam.m/${network}`));
      const length = Math.hypot(...moments.flatMap(([, { data }]) => [...data]));
      assert.ok(Math.abs(length / (0.1 * 1e-3) - 1) < 0.02, `${network} moved by ${length}`);
    }
  });

  test('unclipped, they equal one optimiser on the sum', async () => {
    const [separate, summed] = await Promise.all(
      (['separate', 'summed'] as const).map((losses) => load(config, { ...base, losses, clipNorm: 'none' })),
    );
    const [one, other] = [await separate.run('step', feeds), await summed.run('step', feeds)];
    assert.equal(one.loss.data[0], other.loss.data[0]);
    assert.ok(!('noiseGradientNorm' in other));
    assert.ok(largestError(await separate.readStates(), await summed.readStates()) < 1e-6);
  });
});

describe('feeds of a batch', () => {
  const generation = modelConfig({ unet, task: 'generation', condition: 'none' });
  const schedule = createSchedule(generation.schedule);

  test('generation gets no input', () => {
    const { input: _input, ...batch } = batchOf(2);
    const feeds = batchFeeds(generation, schedule, batch);
    assert.deepEqual(Object.keys(feeds), ['clean', 'noise', 'alphaBar', 'betaBar', 'residualTime']);
    const { step } = stepPrograms(generation, base);
    const wanted = Object.keys(step.feeds).filter((name) => !(name in optimiserFeeds(1, 1, 0, adam)));
    assert.deepEqual(Object.keys(feeds).sort(), wanted.sort());
  });

  test('a mask is fed only if the network uses it', () => {
    const batch = { ...batchOf(2), mask: images('mask', 2) };
    const config = (condition: 'input' | 'input-and-mask') => modelConfig({ unet, condition });
    assert.ok(!('mask' in batchFeeds(config('input'), schedule, batch)));
    assert.equal(batchFeeds(config('input-and-mask'), schedule, batch).mask, batch.mask);
  });

  test('a time outside the schedule is refused', () => {
    assert.throws(() => batchFeeds(generation, schedule, { ...batchOf(2), time: [0, 1000] }), {
      name: 'RddmError',
      message: /expected a time, an integer from -1 to 999, got 1000/,
    });
  });
});

test('training starts with zero moments, the average at the weights, and sums only if they are needed', () => {
  const weights = { w: tensor([2], [1, -2]) };
  const values = (accumulation: number): Record<string, number[]> =>
    Object.fromEntries(
      Object.entries(initialStates(weights, accumulation)).map(([name, { data }]) => [name, [...data]]),
    );
  const wanted = { w: [1, -2], 'adam.m/w': [0, 0], 'adam.v/w': [0, 0], 'ema/w': [1, -2] };
  assert.deepEqual(values(1), wanted);
  assert.deepEqual(values(2), { ...wanted, 'gradient/w': [0, 0] });
});

test('the programs of a step share their states, and return the losses by name', () => {
  const config = modelConfig({ unet, objective: 'residual-noise' });
  const programs = stepPrograms(config, { ...base, accumulation: 4 });
  const outputs = (loss: Loss): string[] => Object.keys(stepPrograms(config, { ...base, loss }).step.outputs);
  assert.deepEqual(Object.keys(programs), ['accumulate', 'step']);
  assert.deepEqual(Object.keys(programs.accumulate.outputs), ['loss', 'residualLoss', 'noiseLoss']);
  assert.deepEqual(outputs('l2'), ['loss', 'residualLoss', 'noiseLoss', 'gradientNorm']);
  const states = new Set(Object.keys(initialStates(weightsOf(config), 4)));
  for (const { states: own } of Object.values(programs)) {
    for (const name of Object.keys(own)) assert.ok(states.has(name), name);
  }
  assert.deepEqual(new Set(Object.keys(programs.step.updates)), states);
});
