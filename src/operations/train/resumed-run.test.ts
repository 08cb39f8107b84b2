import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TrainConfigInput, trainConfig } from '../../train/config.ts';
import { resumedRun } from './resumed-run.ts';

const of = (fields: Partial<TrainConfigInput> = {}) =>
  trainConfig({ data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } }, steps: 100, ...fields });

test('nothing changed: the same configuration, without a history', () => {
  assert.deepEqual(resumedRun(of(), of(), 40), of());
  assert.deepEqual(Object.keys(resumedRun(of(), of(), 40)), Object.keys(of()));
});

test('steps, learning rate and device change, and what was before is remembered, each time', () => {
  const [first, second, third] = [of(), of({ steps: 200 }), of({ steps: 200, optimiser: { learningRate: 1e-5 } })];
  const once = resumedRun(first, second, 40);
  const was = { until: 40, steps: 100, learningRate: 8e-5, device: 'cpu' as const };
  assert.deepEqual(once, { ...second, earlier: [was] });
  const twice = resumedRun(once, { ...third, device: 'webgpu' }, 150);
  assert.deepEqual(twice, {
    ...third,
    device: 'webgpu',
    earlier: [was, { until: 150, steps: 200, learningRate: 8e-5, device: 'cpu' }],
  });
  // Changed again before a step was done: no step was ever on what was in between.
  assert.deepEqual(resumedRun(twice, third, 150).earlier, twice.earlier);
  // Before the first step there is nothing to remember.
  assert.equal(resumedRun(first, second, 0).earlier, undefined);
});

test('what says nothing of a step changes without a trace, and pictures may have been moved', () => {
  const moved = of({
    data: { kind: 'degraded', clean: 'elsewhere/photos', degradation: { kind: 'rain' } },
    ...{ logEvery: 1, checkpointEvery: 50, sampleEvery: 0, workers: 3, validation: { clean: 'others' } },
  });
  assert.deepEqual(resumedRun(of(), moved, 40), moved);
});

test('the weights that the run began with stay on record', () => {
  const init = { model: 'mine', weights: '0'.repeat(64) };
  assert.deepEqual(resumedRun(of({ init }), of(), 40).init, init);
  assert.equal(resumedRun(of(), of({ init }), 40).init, undefined);
});

describe('what decides the meaning of the steps is refused', () => {
  const cases: [Partial<TrainConfigInput>, RegExp][] = [
    [{ batch: 4 }, /^train: expected "batch" as the run began, 1, got 4; leave it, or start a new run$/],
    [{ seed: 3 }, /"seed" as the run began, 0, got 3/],
    [{ optimiser: { beta2: 0.5 } }, /"optimiser.beta2" as the run began, 0.99, got 0.5/],
    [{ loss: 'l2' }, /"loss" as the run began, "l1", got "l2"/],
    [{ average: { decay: 0.9 } }, /"average.decay" as the run began, 0.995, got 0.9/],
    [{ model: { sampling: { steps: 3 } } }, /"model.sampling.steps" as the run began, \d+, got 3/],
    [
      { data: { kind: 'degraded', clean: 'photos', crop: 128, degradation: { kind: 'rain' } } },
      /"data.crop" as the run began, 64, got 128/,
    ],
    [
      { data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'blur' } } },
      /"data.degradation.kind" as the run began, "rain", got "blur"/,
    ],
  ];
  for (const [fields, message] of cases) {
    test(JSON.stringify(fields), () => assert.throws(() => resumedRun(of(), of(fields), 40), { message }));
  }
});
