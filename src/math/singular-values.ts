/**
 * Singular values without singular vectors. Written here rather than taken from npm: ml-matrix took four times as long
 * for a thousand features, since it walks down columns; here each step passes twice along the rows.
 *
 * Householder reflections from both sides leave two diagonals (Golub and Kahan 1965). Interleaved, these are the
 * off-diagonal of a symmetric tridiagonal matrix with a zero diagonal, whose eigenvalues are ±σ; the QL iteration with
 * implicit shifts finds them. Errors are of the order of ε σ_max, since nothing is squared on the way.
 */
import { expected } from './errors.ts';
import { type Matrix, transposed } from './matrix.ts';

/** A Householder reflection of x, a part of a matrix: the new first entry of x (±|x|), and 2 / vᵀv of its vector v. */
function reflection(first: number, squares: number): { becomes: number; factor: number } {
  const norm = Math.sqrt(squares);
  if (norm === 0) return { becomes: 0, factor: 0 };
  return { becomes: first > 0 ? -norm : norm, factor: 1 / (squares + Math.abs(first) * norm) };
}

/** Diagonal and superdiagonal of a bidiagonal matrix with the singular values of `matrix`, whose rows ≥ columns. */
function bidiagonal(matrix: Matrix): { diagonal: Float64Array; above: Float64Array } {
  const { rows, columns } = matrix;
  const a = Float64Array.from(matrix.data);
  const diagonal = new Float64Array(columns);
  const above = new Float64Array(columns);
  const products = new Float64Array(columns);
  const across = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    // From the left: column k becomes (d, 0, 0, …).
    let squares = 0;
    for (let i = k; i < rows; i++) squares += a[i * columns + k] ** 2;
    const left = reflection(a[k * columns + k], squares);
    diagonal[k] = left.becomes;
    a[k * columns + k] -= left.becomes;
    products.fill(0);
    for (let i = k; i < rows; i++) {
      const v = a[i * columns + k] * left.factor;
      const start = i * columns;
      for (let j = k + 1; j < columns; j++) products[j] += v * a[start + j];
    }
    // From the right: the new row k becomes (e, 0, 0, …) after the diagonal.
    const v = a[k * columns + k];
    squares = 0;
    for (let j = k + 1; j < columns; j++) {
      across[j] = a[k * columns + j] - v * products[j];
      squares += across[j] ** 2;
    }
    if (k + 1 === columns) break;
    const right = reflection(across[k + 1], squares);
    above[k] = right.becomes;
    across[k + 1] -= right.becomes;
    // Applies both reflections to each row below while it is in the cache.
    for (let i = k + 1; i < rows; i++) {
      const start = i * columns;
      const w = a[start + k];
      let sum = 0;
      for (let j = k + 1; j < columns; j++) {
        const value = a[start + j] - w * products[j];
        a[start + j] = value;
        sum += value * across[j];
      }
      sum *= right.factor;
      for (let j = k + 1; j < columns; j++) a[start + j] -= sum * across[j];
    }
  }
  return { diagonal, above };
}

/** Far more than the two or so iterations that an eigenvalue takes. */
const MOST_ITERATIONS = 100;

/**
 * Replaces `d` by the eigenvalues of the symmetric tridiagonal matrix with diagonal `d` and off-diagonal `e`, which has
 * one entry more than it needs. Overwrites both.
 */
function tridiagonalEigenvalues(d: Float64Array, e: Float64Array): void {
  const size = d.length;
  const negligible = Number.EPSILON * e.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  for (let low = 0; low < size; low++) {
    for (let iteration = 0; ; iteration++) {
      let high = low;
      while (high < size - 1 && Math.abs(e[high]) > negligible) high++;
      if (high === low) break;
      if (iteration === MOST_ITERATIONS)
        throw expected('singularValues', 'the iteration to converge', 'no convergence');
      // The shift is the eigenvalue of the leading 2×2 block that is nearer to its first entry.
      const half = (d[low + 1] - d[low]) / (2 * e[low]);
      const shift = d[low] - e[low] / (half + (half < 0 ? -1 : 1) * Math.sqrt(half * half + 1));
      let g = d[high] - shift;
      let [sine, cosine, moved] = [1, 1, 0];
      let i = high - 1;
      for (; i >= low; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        const r = Math.sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r === 0) {
          // The block split in two; continue with the upper part.
          d[i + 1] -= moved;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - moved;
        const t = (d[i] - g) * sine + 2 * cosine * b;
        moved = sine * t;
        d[i + 1] = g + moved;
        g = cosine * t - b;
      }
      if (i < low) {
        d[low] -= moved;
        e[low] = g;
      }
      e[high] = 0;
    }
  }
}

/**
 * The singular values of a matrix, largest first; as many as its shorter side.
 *
 * @throws RddmError if an entry is not finite
 */
export function singularValues(matrix: Matrix): Float64Array {
  if (!matrix.data.every(Number.isFinite)) throw expected('singularValues', 'finite values', 'NaN or an infinite one');
  const { diagonal, above } = bidiagonal(matrix.rows < matrix.columns ? transposed(matrix) : matrix);
  const count = diagonal.length;
  const eigenvalues = new Float64Array(2 * count);
  const woven = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    woven[2 * i] = diagonal[i];
    woven[2 * i + 1] = above[i];
  }
  tridiagonalEigenvalues(eigenvalues, woven);
  return eigenvalues.sort().reverse().slice(0, count).map(Math.abs);
}
