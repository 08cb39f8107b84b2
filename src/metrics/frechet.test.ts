import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom, normalTensor } from '../math/random.ts';
import { tensor } from '../math/tensor.ts';
import { frechetDistance } from './frechet.ts';
import { type Features, featureMoments, gaussianOfFeatures, gaussianOfMoments } from './gaussian.ts';

const random = (count: number, size: number, name: string): Features =>
  normalTensor([count, size], 1, ['frechet', name]);
const close = (given: number, wanted: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(given - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${given}, not ${wanted}`);

describe('the Fréchet distance', () => {
  test('of diagonal covariances is |m₁ − m₂|² + Σ (σ₁ − σ₂)²', () => {
    const first = gaussianOfMoments(Float64Array.of(1, 2), Float64Array.of(4, 0, 0, 9));
    const second = gaussianOfMoments(Float64Array.of(3, 2), Float64Array.of(16, 0, 0, 0));
    close(frechetDistance(first, second), 4 + (2 - 4) ** 2 + 9);
  });

  test('of covariances that do not commute, by the closed form of 2×2 matrices', () => {
    // tr (C₁ C₂)^½ = √(tr C₁ C₂ + 2 √(det C₁ det C₂)).
    const [c1, c2] = [Float64Array.of(2, 1, 1, 3), Float64Array.of(5, -1, -1, 1)];
    const trace = 2 * 5 - 1 - 1 + 3;
    const shared = Math.sqrt(trace + 2 * Math.sqrt(5 * 4));
    const zero = Float64Array.of(0, 0);
    close(frechetDistance(gaussianOfMoments(zero, c1), gaussianOfMoments(zero, c2)), 5 + 6 - 2 * shared, 1e-13);
  });

  test('is 0 to itself, symmetric, and grows by the square of a shift', () => {
    const [a, b] = [random(40, 7, 'a'), random(30, 7, 'b')];
    close(frechetDistance(a, a), 0, 1e-12);
    close(frechetDistance(a, b), frechetDistance(b, a), 1e-12);
    const shifted = { ...a, data: a.data.map((value) => value + 3) };
    close(frechetDistance(a, shifted), 7 * 9, 1e-6);
  });

  test('of fewer pictures than features equals that of their covariances', () => {
    const [few, many] = [random(12, 30, 'few'), random(80, 30, 'many')];
    const { mean, covariance } = featureMoments(few);
    const direct = frechetDistance(few, many);
    close(direct, frechetDistance(gaussianOfMoments(mean, covariance), gaussianOfFeatures(many)), 1e-6);
    assert.equal(gaussianOfFeatures(few).factor.rows, 12);
  });

  test('of constant features', () => {
    const still = tensor([3, 2], [1, 2, 1, 2, 1, 2]);
    close(frechetDistance(still, tensor([3, 2], [1, 2, 1, 2, 1, 2])), 0);
    close(frechetDistance(still, random(50, 2, 'moving')), frechetDistance(random(50, 2, 'moving'), still));
  });

  test('refuses input without a distance', () => {
    assert.throws(() => frechetDistance(random(5, 3, 'a'), random(5, 4, 'b')), /expected 3 features.*got 4/);
    assert.throws(() => gaussianOfFeatures(random(1, 3, 'a')), /at least two pictures/);
    assert.throws(() => gaussianOfFeatures(tensor([2, 1], [1, Number.NaN])), /expected finite features/);
    assert.throws(() => featureMoments(tensor([2], [1, 2])), /expected features \[pictures, features\]/);
    assert.throws(() => gaussianOfMoments(Float64Array.of(1), Float64Array.of(1, 2)), /a covariance of 1x1 values/);
    const moments = (...covariance: number[]) =>
      gaussianOfMoments(new Float64Array(Math.sqrt(covariance.length)), Float64Array.from(covariance), 'a.npz');
    assert.throws(
      () => moments(1, 0.5, 0.1, 1),
      /^RddmError: a.npz: expected a covariance, which is symmetric, got 0.1/,
    );
    assert.throws(() => moments(1, 2, 2, 1), /got 2 between features 0 and 1 of variances 1 and 1/);
    assert.throws(() => moments(0, 5, 5, 0), /got 5 between features/);
    assert.throws(
      () => moments(-4),
      /a.npz: expected a covariance without negative variance in any direction, got a variance of -4/,
    );
    assert.throws(() => moments(4, 1.9, 1.9, 0.5), /without negative variance in any direction/);
    // Symmetric up to rounding.
    assert.equal(moments(1, 0.5, Math.fround(0.5 + 1e-7), 1).factor.rows, 2);
  });
});

test('moments match their definition', () => {
  const { uniform } = createRandom(1, ['moments']);
  const data = Float64Array.from({ length: 50 * 3 }, () => uniform() + 1e3);
  const { mean, covariance } = featureMoments({ shape: [50, 3], data });
  const column = (j: number) => Array.from({ length: 50 }, (_, i) => data[i * 3 + j]);
  const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  for (let j = 0; j < 3; j++) {
    close(mean[j], average(column(j)), 1e-14);
    for (let k = 0; k < 3; k++) {
      const products = column(j).map((value, i) => (value - mean[j]) * (column(k)[i] - mean[k]));
      close(covariance[j * 3 + k], (average(products) * 50) / 49, 1e-12);
    }
  }
});
