import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainConfig } from '../src/train/config.ts';
import { costOf, partsOf } from './preset-cost.ts';

const configOf = (batch: number, accumulation: number, crop: number) =>
  trainConfig({
    model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
    data: { kind: 'folders', input: 'a', target: 'b', crop },
    batch,
    accumulation,
    steps: 500,
  });

test('parts have at most the pixels of one large square, and add up to the same step', () => {
  assert.deepEqual(partsOf(configOf(1, 2, 256)), { part: 1, parts: 2 });
  assert.deepEqual(partsOf(configOf(128, 2, 64)), { part: 16, parts: 16 });
  assert.deepEqual(partsOf(configOf(4, 1, 96)), { part: 4, parts: 1 });
  assert.deepEqual(partsOf(configOf(18, 1, 64)), { part: 9, parts: 2 });
  assert.deepEqual(partsOf(configOf(1, 2, 512)), { part: 1, parts: 2 });
});

test('real steps are timed, and the figures are for the whole preset', async () => {
  const { secondsAStep, peakBytes, parameters, multiplyAdds, ...rest } = await costOf('tiny', configOf(2, 2, 16), 2);
  assert.deepEqual(rest, { preset: 'tiny', size: 16, part: 2, parts: 2, steps: 500 });
  assert.ok(secondsAStep > 0 && peakBytes > 1e7 && parameters > 1000 && multiplyAdds > 1e5);
});
