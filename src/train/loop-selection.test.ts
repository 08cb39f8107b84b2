/**
 * An automatic objective in the loop: its events, what follows the choice, and that stopping and resuming do not change
 * it.
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
  stepsOf,
  throughFile,
  word,
} from '../../test/support/training-loops.ts';
import { holdsModel } from './checkpoint.ts';
import { type TrainConfig, type TrainConfigInput, trainConfig } from './config.ts';
import type { TrainEvent } from './loop.ts';

/** With the same batch each time, λ moves by the learning rate, 0.01, per step of Adam: the choice comes after 3. */
const automatic = (fields: Partial<TrainConfigInput> = {}): TrainConfig =>
  configOf({ objective: 'automatic', selection: { threshold: 0.025 }, steps: 6, ...fields });
const steady = (index: number) => batches(index < 6 ? 0 : index);

const choiceIn = (events: readonly TrainEvent[]) => {
  const chosen = events.find((event) => event.kind === 'chosen');
  assert.ok(chosen);
  return chosen;
};

test('each step has λ until it decides; then follow the choice, a checkpoint with it, and ordinary steps', async () => {
  const config = automatic();
  const events = await allEvents(config, { batches: steady });
  const { step, objective, lambda } = choiceIn(events);
  assert.equal(step, 3);
  const before = ['ready 0', 'step 1', 'step 2', 'step 3', 'chosen 3', 'due 3'];
  assert.deepEqual(events.map(word), [...before, 'step 4', 'step 5', 'step 6', 'finished 6']);
  const steps = stepsOf(events);
  const lambdas = steps.map((event) => event.lambda);
  assert.equal(lambdas[2], lambda);
  assert.deepEqual(lambdas.slice(3), [undefined, undefined, undefined]);
  for (const [i, value] of lambdas.slice(0, 3).entries()) {
    assert.ok(Math.abs((value as number) - 0.5) > 0.025 === (i === 2), `λ of step ${i + 1}: ${value}`);
  }
  assert.equal(objective, lambda > 0.5 ? 'residual' : 'noise');
  assert.deepEqual(Object.keys(steps[0].parts), ['residualLoss', 'noiseLoss']);
  assert.deepEqual(steps[3].parts, {});
  assert.deepEqual(lastState(events).choice, { objective, step: 3 });
});

test('λ with a share of the rate decides correspondingly later', async () => {
  const config = automatic({ selection: { threshold: 0.025, rate: 0.6 } });
  assert.equal(choiceIn(await allEvents(config, { batches: steady })).step, 5);
});

test('after the choice, everything is as in a run with that objective from the start, except the pictures already seen', async () => {
  const config = automatic({ accumulation: 2 });
  const events = await allEvents(config, { batches: steady });
  const { step, objective } = choiceIn(events);
  const plain = trainConfig({
    ...config,
    objective: 'model',
    model: { ...config.model, objective },
    steps: config.steps - step,
  });
  const shifted = await allEvents(plain, { batches: (index) => steady(index + 2 * step) });
  assert.deepEqual(
    stepsOf(events).slice(step),
    stepsOf(shifted).map((event) => ({ ...event, step: event.step + step })),
  );
  assert.deepEqual(lastState(events).states, lastState(shifted).states);
});

describe('stopping and resuming', () => {
  for (const stop of [2, 3, 5]) {
    test(`after step ${stop}, with the choice after 3`, async () => {
      const config = automatic();
      const runtime = float32Runtime();
      const whole = await allEvents(config, { batches: steady, runtime });
      assert.equal(choiceIn(whole).step, 3);
      const controller = new AbortController();
      const first: TrainEvent[] = [];
      for await (const event of eventsOf(config, { batches: steady, runtime, signal: controller.signal })) {
        first.push(event);
        if (event.kind === 'step' && event.step === stop) controller.abort();
      }
      const stopped = lastState(first);
      assert.equal(stopped.step, stop);
      assert.equal(holdsModel(config, stopped), stop > 3);
      const second = await allEvents(config, { batches: steady, runtime, start: throughFile(config, stopped) });
      assert.deepEqual([...stepsOf(first), ...stepsOf(second)], stepsOf(whole));
      assert.deepEqual(lastState(second), lastState(whole));
    });
  }
});

test('a run that ends undecided has no objective, and continues choosing when resumed', async () => {
  const config = automatic({ steps: 2 });
  const events = await allEvents(config, { batches: steady });
  assert.deepEqual(events.map(word), ['ready 0', 'step 1', 'step 2', 'finished 2']);
  const state = lastState(events);
  assert.ok(!state.choice && !holdsModel(config, state));
  const more = automatic({ steps: 4 });
  const words = (await allEvents(more, { batches: steady, start: throughFile(more, state) })).map(word);
  assert.deepEqual(words, ['ready 2', 'step 3', 'chosen 3', 'due 3', 'step 4', 'finished 4']);
});

test('a choice at the last step is kept, but is not a model yet', async () => {
  const config = automatic({ steps: 3 });
  const events = await allEvents(config, { batches: steady });
  assert.deepEqual(events.map(word).slice(3), ['step 3', 'chosen 3', 'finished 3']);
  assert.ok(!holdsModel(config, lastState(events)));
});
