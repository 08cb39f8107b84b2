/** Stages of a run, and the loop through them on the reference evaluator. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  allEvents,
  configOf,
  eventsOf,
  float32Runtime,
  lastState,
  SIDE,
  stepsOf,
  throughFile,
  word,
} from '../../test/support/training-loops.ts';
import { normalTensor } from '../math/random.ts';
import type { Tensor } from '../math/tensor.ts';
import type { TrainConfig } from './config.ts';
import { stageAt, stagesOf } from './growth.ts';
import type { TrainEvent } from './loop.ts';
import type { TrainingBatch } from './step.ts';
import { withSteps } from './with-steps.ts';

const growth = [
  { from: 0.4, crop: 16, batch: 2 },
  { from: 0.8, crop: 24, batch: 1 },
];
const grown = (fields: Partial<Parameters<typeof configOf>[0]> = {}): TrainConfig =>
  configOf({ steps: 5, batch: 3, growth, ...fields });

/** The batches that a loader would make. */
const batchesOf =
  (config: TrainConfig, seen: number[][] = []) =>
  async (index: number): Promise<TrainingBatch> => {
    const { crop, batch } = stageAt(config, Math.floor(index / config.accumulation) + 1);
    seen.push([batch, crop]);
    const picture = (name: string): Tensor => {
      const { shape, data } = normalTensor([batch, 3, crop, crop], 3, ['growth test', name, index]);
      return { shape, data: data.map((value) => value / 3) };
    };
    const time = Array.from({ length: batch }, (_, i) => (index * 397 + i * 101) % 1000);
    return { clean: picture('clean'), input: picture('input'), noise: picture('noise'), time };
  };

test('stages begin after their share of the steps; a run without growth has one', () => {
  assert.deepEqual(stagesOf(configOf({ steps: 7, batch: 2 })), [{ after: 0, crop: SIDE, batch: 2 }]);
  const config = grown({ steps: 100 });
  assert.deepEqual(stagesOf(config), [
    { after: 0, crop: 8, batch: 3 },
    { after: 40, crop: 16, batch: 2 },
    { after: 80, crop: 24, batch: 1 },
  ]);
  const place = (step: number) => [stageAt(config, step).crop, stageAt(config, step).until];
  assert.deepEqual([1, 40, 41, 80, 81, 100, 101].map(place), [
    [8, 40],
    [8, 40],
    [16, 80],
    [16, 80],
    [24, 100],
    [24, 100],
    [24, 100],
  ]);
});

test('in a run that was shortened, stages without a step are left out', () => {
  const sizes = (steps: number) => {
    const { config } = withSteps(grown({ steps: 100 }), steps);
    return stagesOf(config).map(({ after, crop }) => [after, crop]);
  };
  assert.deepEqual(sizes(2), [
    [0, 8],
    [1, 16],
  ]);
  assert.deepEqual(sizes(1), [[0, 16]]);
});

describe('the loop', () => {
  test('trains each stage with its sizes, and tells nothing of their change', async () => {
    const config = grown({ checkpointEvery: 2 });
    const seen: number[][] = [];
    const events = await allEvents(config, { batches: batchesOf(config, seen) });
    assert.deepEqual(seen, [
      [3, 8],
      [3, 8],
      [2, 16],
      [2, 16],
      [1, 24],
    ]);
    const told = ['ready 0', 'step 1', 'step 2', 'due 2', 'step 3', 'step 4', 'due 4', 'step 5', 'finished 5'];
    assert.deepEqual(events.map(word), told);
  });

  test('stages of one size are one stage: states, moments and average go on', async () => {
    const runtime = float32Runtime();
    const same = grown({ growth: [{ from: 0.4, crop: 8, batch: 3 }] });
    const { growth: _none, ...plain } = same;
    const [one, two] = [plain as TrainConfig, same].map((config) => ({ config, batches: batchesOf(config) }));
    const whole = await allEvents(one.config, { runtime, batches: one.batches });
    const parts = await allEvents(two.config, { runtime, batches: two.batches });
    assert.deepEqual(parts, whole);
  });

  // The last step of a stage, and the first of another.
  for (const [accumulation, stops] of [
    [1, [2, 3]],
    [2, [3]],
  ] as const) {
    test(`stopped after ${stops}, it ends with the same states: accumulation ${accumulation}`, async () => {
      const config = grown({ accumulation });
      const options = { runtime: float32Runtime(), batches: batchesOf(config) };
      const whole = await allEvents(config, options);
      for (const last of stops) {
        const controller = new AbortController();
        const first: TrainEvent[] = [];
        for await (const event of eventsOf(config, { ...options, signal: controller.signal })) {
          first.push(event);
          if (event.kind === 'step' && event.step === last) controller.abort();
        }
        // Also where the last step was that of a stage.
        assert.equal(first.map(word).at(-1), `stopped ${last}`);
        const second = await allEvents(config, { ...options, start: throughFile(config, lastState(first)) });
        assert.deepEqual([...stepsOf(first), ...stepsOf(second)], stepsOf(whole));
        assert.deepEqual(lastState(second), lastState(whole), `stopped after ${last}`);
      }
    });
  }
});
