import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tensor } from '../math/tensor.ts';
import { inceptionScore, probabilitiesOf } from './inception-score.ts';

test("part k is rows ⌊kN/n⌋ to ⌊(k + 1)N/n⌋, and the parts' scores are averaged", () => {
  // Parts of 2 and 3 rows: the first has two classes, the second one.
  const probabilities = tensor([5, 2], [1, 0, 0, 1, 1, 0, 1, 0, 1, 0]);
  assert.deepEqual(inceptionScore(probabilities, 2), { mean: 1.5, deviation: 0.5 });
});

test('a score, by hand', () => {
  // Rows (¾, ¼) and (¼, ¾): the mean is (½, ½), the divergence ¾ ln (3/2) + ¼ ln (1/2).
  const score = inceptionScore(tensor([2, 2], [0.75, 0.25, 0.25, 0.75]), 1);
  assert.ok(Math.abs(score.mean - 1.5 ** 0.75 * 0.5 ** 0.25) < 1e-15);
  assert.equal(score.deviation, 0);
});

test('probabilities from logits, also from large ones', () => {
  const { data } = probabilitiesOf(tensor([2, 2], [0, Math.log(3), 5000, 0]));
  assert.ok([0.25, 0.75, 1, 0].every((wanted, i) => Math.abs(data[i] - wanted) < 1e-7));
});

test('refusals', () => {
  assert.throws(
    () => inceptionScore(tensor([2, 2], [1, 0, 0, 1]), 3),
    /from 1 to 2 parts, the number of pictures, got 3/,
  );
  assert.throws(() => inceptionScore(tensor([1, 2], [-1, 2]), 1), /expected probabilities, 0 to 1/);
  assert.throws(
    () => inceptionScore(tensor([2, 2], [1, 0, 0.5, 0.4]), 1),
    /expected probabilities that sum to 1 over the classes, got 0.9000 for picture 1; pass the softmax of the logits/,
  );
  assert.throws(() => inceptionScore(tensor([1, 2], [0, 0]), 1), /got 0.000 for picture 0/);
  assert.ok(inceptionScore(tensor([1, 2], [0.5, 0.4995]), 1).mean > 0);
  assert.throws(() => inceptionScore(tensor([2], [1, 0]), 1), /expected probabilities \[pictures, classes\]/);
});
