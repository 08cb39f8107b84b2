/**
 * The Inception Score (Salimans et al. 2016): exp of the mean Kullback–Leibler divergence of each picture's class probabilities
 * from their mean, over parts of the set. The name applies only with the Inception network's probabilities.
 */
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import type { Features } from './gaussian.ts';

/** Mean and standard deviation (divisor: number of parts) over the parts. */
export interface InceptionScore {
  readonly mean: number;
  readonly deviation: number;
}

/** Σ p (ln p − ln q) over classes; a class with probability 0 adds nothing. */
function divergence(p: Float64Array, q: Float64Array): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) if (p[i] > 0) total += p[i] * (Math.log(p[i]) - Math.log(q[i]));
  return total;
}

function scoreOf(rows: readonly Float64Array[]): number {
  const marginal = rows[0].map((_, i) => rows.reduce((total, row) => total + row[i], 0) / rows.length);
  return Math.exp(rows.reduce((total, row) => total + divergence(row, marginal), 0) / rows.length);
}

/**
 * The Inception Score of class probabilities.
 *
 * @param probabilities [pictures, classes]; each row sums to 1
 * @param splits parts k = 0 … n − 1 of rows ⌊kN/n⌋ … ⌊(k + 1)N/n⌋ − 1, by default 10 as in the paper
 * @returns from 1 (all pictures alike, or every class equally likely) to the number of classes
 * @throws RddmError if it is not a table, a value is not a probability, a row does not sum to 1 (to 1e-3), or there are
 *   more parts than pictures
 *
 * @example
 * ```ts
 * import { inceptionScore, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.equal(inceptionScore(tensor([2, 2], [1, 0, 0, 1]), 1).mean, 2);
 * assert.equal(inceptionScore(tensor([2, 2], [1, 0, 1, 0]), 1).mean, 1);
 * ```
 */
export function inceptionScore({ shape, data }: Features, splits = 10): InceptionScore {
  const [count, classes] = shape;
  if (shape.length !== 2 || data.length !== count * classes) {
    throw expected(
      'inceptionScore',
      'probabilities [pictures, classes]',
      `${showShape(shape)} of ${data.length} values`,
    );
  }
  if (!data.every((value) => value >= 0 && value <= 1 + 1e-6)) {
    throw expected('inceptionScore', 'probabilities, 0 to 1', 'another value', 'pass the softmax of the logits');
  }
  if (!Number.isInteger(splits) || splits < 1 || splits > count) {
    throw expected('inceptionScore', `from 1 to ${count} parts, the number of pictures`, String(splits));
  }
  const rows = Array.from({ length: count }, (_, i) =>
    Float64Array.from(data.subarray(i * classes, (i + 1) * classes)),
  );
  for (const [i, row] of rows.entries()) {
    const total = row.reduce((sum, value) => sum + value, 0);
    // The float32 rounding of a thousand classes is smaller.
    if (Math.abs(total - 1) > 1e-3) {
      const got = `${total.toPrecision(4)} for picture ${i}`;
      throw expected(
        'inceptionScore',
        'probabilities that sum to 1 over the classes',
        got,
        'pass the softmax of the logits',
      );
    }
  }
  const scores = Array.from({ length: splits }, (_, k) =>
    scoreOf(rows.slice(Math.floor((k * count) / splits), Math.floor(((k + 1) * count) / splits))),
  );
  const mean = scores.reduce((total, score) => total + score, 0) / splits;
  const variance = scores.reduce((total, score) => total + (score - mean) ** 2, 0) / splits;
  return { mean, deviation: Math.sqrt(variance) };
}

/**
 * e^x divided by its sum, row by row, in float64.
 *
 * @param logits [pictures, classes]
 */
export function probabilitiesOf({ shape, data }: Features): Features {
  const [count, classes] = shape;
  const result = Float64Array.from(data);
  for (let i = 0; i < count; i++) {
    const row = result.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = row.map((value) => Math.exp(value - largest));
    const total = powers.reduce((a, b) => a + b, 0);
    row.set(powers.map((power) => power / total));
  }
  return { shape, data: result };
}
