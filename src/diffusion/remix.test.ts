/** DDIM's form of a step beside the paper's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalTensor } from '../math/random.ts';
import { largestDifference, tensor } from '../math/tensor.ts';
import { interpretAt } from './objective.ts';
import { impliedNoise, remixedAt } from './remix.ts';
import { reverseBetween } from './reverse.ts';

const from = { alphaBar: 0.75, betaBar: 0.5 };
const to = { alphaBar: 0.25, betaBar: 0.25 };

test('by hand: clean image, a quarter of the residual, a quarter of the noise', () => {
  const parts = { clean: tensor([1], [0.5]), residual: tensor([1], [-1]), noise: tensor([1], [2]) };
  assert.equal(remixedAt({ from, to, eta: 0, ...parts }).data[0], 0.5 - 0.25 + 0.5);
});

test('by hand with fresh noise: the predicted noise loses what fresh noise adds', () => {
  const parts = {
    clean: tensor([1], [0]),
    residual: tensor([1], [0]),
    noise: tensor([1], [1]),
    fresh: tensor([1], [10]),
  };
  // σ² = (0.25 − 0.0625) · 0.0625 / 0.25
  const variance = 0.046875;
  const value = Math.sqrt(0.0625 - variance) + 10 * Math.sqrt(variance);
  assert.ok(Math.abs(remixedAt({ from, to, eta: 1, ...parts }).data[0] - value) < 1e-6);
});

describe('compared with Eq. 12', () => {
  const shape = [2, 3];
  const [noisy, input, answer, fresh] = ['noisy', 'input', 'answer', 'fresh'].map((name) =>
    normalTensor(shape, 3, [name]),
  );
  for (const objective of ['residual', 'noise'] as const) {
    const given = { at: from, objective, noisy, input, predicted: { residual: answer, noise: answer } };
    for (const eta of [0, 0.5, 1]) {
      const way = { from, to, eta, fresh };
      test(`equal while nothing is clipped: ${objective}, eta ${eta}`, () => {
        const estimate = interpretAt({ ...given, clip: 'none' });
        const { residual, noise } = estimate;
        const step = reverseBetween({ ...way, noisy, residual, noise });
        assert.ok(largestDifference(remixedAt({ ...way, ...estimate }), step) < 1e-6);
      });
    }
  }

  test('different when something is clipped, unless the noise is the one that the clipped image implies', () => {
    const estimate = interpretAt({
      at: from,
      objective: 'noise',
      noisy,
      predicted: { noise: answer },
      clip: 'reference',
    });
    const way = { from, to, eta: 0 };
    const { residual } = estimate;
    const difference = (noise: typeof answer) => reverseBetween({ ...way, noisy, residual, noise });
    assert.ok(largestDifference(remixedAt({ ...way, ...estimate }), difference(estimate.noise)) > 0.1);
    const noise = impliedNoise(from, noisy, estimate);
    assert.ok(largestDifference(remixedAt({ ...way, ...estimate, noise }), difference(noise)) < 1e-6);
  });
});

test('without noise none is implied', () => {
  const zero = tensor([1], [0]);
  const estimate = { clean: tensor([1], [0.5]), residual: zero, noise: zero };
  assert.equal(impliedNoise({ alphaBar: 0.5, betaBar: 0 }, tensor([1], [0.75]), estimate).data[0], 0);
});

test('an impossible step is refused', () => {
  const one = tensor([1], [1]);
  const parts = { clean: one, residual: one, noise: one };
  assert.throws(() => remixedAt({ from: to, to: from, eta: 0, ...parts }), {
    message: /^remixedAt: expected a step to at most the noise/,
  });
  assert.throws(() => remixedAt({ from, to, eta: 1, ...parts }), {
    message: 'remixedAt: expected fresh noise for eta 1, got none',
  });
});
