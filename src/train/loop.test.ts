/**
 * The loop on the reference evaluator, with networks of a few hundred weights: its events, and that it forgets nothing.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  allEvents,
  batches,
  configOf,
  eventsOf,
  float32Runtime,
  lastState,
  SIDE,
  stepsOf,
  throughFile,
  word,
} from '../../test/support/training-loops.ts';
import { filled } from '../math/tensor.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { firstState, type TrainEvent } from './loop.ts';
import { learningRateAt } from './rates.ts';
import type { TrainingBatch } from './step.ts';

describe('events', () => {
  test('ready, the steps, a checkpoint when one is due, and one at the end', async () => {
    const events = await allEvents(configOf({ steps: 5, checkpointEvery: 2 }));
    assert.deepEqual(events.map(word), [
      'ready 0',
      'step 1',
      'step 2',
      'due 2',
      'step 3',
      'step 4',
      'due 4',
      'step 5',
      'finished 5',
    ]);
  });

  test('a checkpoint due at the end is written only once', async () => {
    const events = await allEvents(configOf({ steps: 2, checkpointEvery: 2 }));
    assert.deepEqual(events.map(word), ['ready 0', 'step 1', 'step 2', 'finished 2']);
  });

  test('a step reports its learning rate, and the states change', async () => {
    const config = configOf();
    const events = await allEvents(config);
    for (const { step, learningRate, loss, gradientNorm, parts } of stepsOf(events)) {
      assert.equal(learningRate, learningRateAt(step, 4, config.optimiser));
      assert.ok(loss > 0 && Number.isFinite(loss) && gradientNorm > 0);
      assert.deepEqual(parts, {});
    }
    const before = firstState(config).states;
    const { states } = lastState(events);
    assert.deepEqual(Object.keys(states).sort(), Object.keys(before).sort());
    for (const [name, { data }] of Object.entries(states)) assert.notDeepEqual(data, before[name].data, name);
  });

  test('two terms have two losses, and their sum', async () => {
    const config = configOf({
      steps: 2,
      model: { unet: { dim: 4, multipliers: [1], groups: 2 }, objective: 'residual-noise' },
    });
    for (const { loss, parts } of stepsOf(await allEvents(config))) {
      assert.deepEqual(Object.keys(parts), ['residualLoss', 'noiseLoss']);
      assert.ok(Math.abs(parts.residualLoss + parts.noiseLoss - loss) < 1e-6);
    }
  });

  test('learns: the loss falls when one batch is repeated', async () => {
    const config = configOf({ steps: 10, optimiser: { learningRate: 2e-2 } });
    const steps = stepsOf(await allEvents(config, { batches: () => batches(0) }));
    assert.ok(steps[9].loss < 0.8 * steps[0].loss, `${steps[0].loss} became ${steps[9].loss}`);
  });
});

test('AdamW takes its share of the kernels at the rate of each step, and nothing from the biases', async () => {
  const optimiser = { learningRate: 1e-2, decay: 'cosine', floor: 5e-3 } as const;
  const steps = { steps: 1, average: { decay: 0, every: 1, warmup: 1 } };
  const config = configOf({ ...steps, optimiser });
  const decaying = configOf({ ...steps, optimiser: { ...optimiser, kind: 'adamw', weightDecay: 20 } });
  const before = firstState(config).states;
  const [adam, adamw] = [lastState(await allEvents(config)).states, lastState(await allEvents(decaying)).states];
  const share = 20 * learningRateAt(1, 1, config.optimiser);
  assert.equal(share, 0.1);
  for (const [name, weight] of Object.entries(before)) {
    if (name.includes('/')) continue;
    const isKernel = weight.shape.filter((size) => size > 1).length > 1;
    const error = weight.data.map(
      (value, i) => adam[name].data[i] - (isKernel ? share * value : 0) - adamw[name].data[i],
    );
    assert.ok(Math.max(...error.map(Math.abs)) < 1e-6, name);
  }
});

test('batches are requested in order, each once, and from the right one after a resume', async () => {
  const config = configOf({ steps: 3, accumulation: 2 });
  const asked: number[] = [];
  const watched = (index: number): Promise<TrainingBatch> => {
    asked.push(index);
    return batches(index);
  };
  await allEvents(config, { batches: watched });
  assert.deepEqual(asked, [0, 1, 2, 3, 4, 5]);
  asked.length = 0;
  await allEvents(config, { batches: watched, start: { ...firstState(config), step: 2 } });
  assert.deepEqual(asked, [4, 5]);
});

test('the loss of a step with accumulation is the mean of its parts', async () => {
  const [{ loss }] = stepsOf(await allEvents(configOf({ steps: 2, accumulation: 2 })));
  // Before the first update, both parts see the initial weights.
  const single = async (index: number) =>
    stepsOf(await allEvents(configOf({ steps: 2 }), { batches: () => batches(index) }))[0].loss;
  const mean = ((await single(0)) + (await single(1))) / 2;
  assert.ok(Math.abs(loss - mean) < 1e-6, `${loss} and ${mean}`);
});

test('the seed determines the initial weights, and those the whole run', async () => {
  const losses = async (seed: number) => stepsOf(await allEvents(configOf({ seed, steps: 2 }))).map(({ loss }) => loss);
  const one = await losses(1);
  assert.deepEqual(await losses(1), one);
  assert.notDeepEqual(await losses(2), one);
});

for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a batch with ${broken} stops the run with one sentence, and no event follows`, async () => {
    const config = configOf({ checkpointEvery: 1 });
    const failing = async (index: number): Promise<TrainingBatch> => {
      const batch = await batches(index);
      return index === 1 ? { ...batch, clean: filled([1, 3, SIDE, SIDE], broken) } : batch;
    };
    const events = eventsOf(config, { batches: failing });
    const told: string[] = [];
    await assert.rejects(
      async () => {
        for await (const event of events) told.push(word(event));
      },
      {
        name: 'RddmError',
        message:
          /^train: expected a finite loss and gradient at step 2, got loss \S+ and gradient norm \S+; resume from the last checkpoint with a learning rate below 0\.01, and look for broken pictures$/,
      },
    );
    assert.deepEqual(told, ['ready 0', 'step 1', 'due 1']);
    assert.deepEqual(await events.next(), { done: true, value: undefined });
  });
}

describe('stopping and resuming', () => {
  for (const accumulation of [1, 2]) {
    test(`a stopped run continues exactly as if it had not been stopped: accumulation ${accumulation}`, async () => {
      const config = configOf({ accumulation });
      const runtime = float32Runtime();
      const whole = await allEvents(config, { runtime });

      const controller = new AbortController();
      const first: TrainEvent[] = [];
      for await (const event of eventsOf(config, { runtime, signal: controller.signal })) {
        first.push(event);
        if (event.kind === 'step' && event.step === 2) controller.abort();
      }
      assert.deepEqual(first.map(word), ['ready 0', 'step 1', 'step 2', 'stopped 2']);

      const second = await allEvents(config, { runtime, start: throughFile(config, lastState(first)) });
      assert.deepEqual(second.map(word), ['ready 2', 'step 3', 'step 4', 'finished 4']);
      assert.deepEqual([...stepsOf(first), ...stepsOf(second)], stepsOf(whole));
      assert.deepEqual(lastState(second), lastState(whole));
    });
  }

  test('a run stopped before its first step has nothing to save', async () => {
    const signal = AbortSignal.abort();
    assert.deepEqual((await allEvents(configOf(), { signal })).map(word), ['ready 0']);
    const start = { ...firstState(configOf()), step: 2 };
    assert.deepEqual((await allEvents(configOf(), { signal, start })).map(word), ['ready 2']);
  });

  test('a stop requested during the last step finishes the run', async () => {
    const controller = new AbortController();
    const told: string[] = [];
    for await (const event of eventsOf(configOf({ steps: 2 }), { signal: controller.signal })) {
      told.push(word(event));
      if (word(event) === 'step 2') controller.abort();
    }
    assert.deepEqual(told, ['ready 0', 'step 1', 'step 2', 'finished 2']);
  });

  test('resuming a finished run does no step, and has the same states', async () => {
    const config = configOf({ steps: 2 });
    const done = lastState(await allEvents(config));
    const again = await allEvents(config, { start: throughFile(config, done) });
    assert.deepEqual(again.map(word), ['ready 2', 'finished 2']);
    assert.deepEqual(lastState(again), done);
  });

  test('a finished run does more steps on request', async () => {
    const done = lastState(await allEvents(configOf({ steps: 2 })));
    const more = configOf({ steps: 3 });
    assert.deepEqual((await allEvents(more, { start: throughFile(more, done) })).map(word), [
      'ready 2',
      'step 3',
      'finished 3',
    ]);
  });

  test('fewer steps than are done are refused, before any event', async () => {
    const told: TrainEvent[] = [];
    await assert.rejects(
      async () => {
        for await (const event of eventsOf(configOf({ steps: 4 }), { start: { ...firstState(configOf()), step: 5 } })) {
          told.push(event);
        }
      },
      { name: 'RddmError', message: /^train: expected at least the 5 steps already done, got 4/ },
    );
    assert.deepEqual(told, []);
  });

  test('a consumer that stops early ends the run and releases its resources', async () => {
    let released = 0;
    const reference = createReferenceRuntime();
    const runtime: Runtime = {
      ...reference,
      async load(programs, states) {
        const executable = await reference.load(programs, states);
        const release = async (): Promise<void> => {
          released++;
          await executable.release();
        };
        return { ...executable, release };
      },
    };
    for await (const event of eventsOf(configOf(), { runtime })) if (event.kind === 'step') break;
    assert.equal(released, 1);
  });
});
