/** Matrices of float64 with the two products that statistics need. Networks use the graph's own products. */

/** `rows * columns` float64 values, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A view of row `row` of a matrix. */
export const rowOf = ({ columns, data }: Matrix, row: number): Float64Array =>
  data.subarray(row * columns, (row + 1) * columns);

/** The transpose. */
export function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column];
  }
  return { rows: columns, columns: rows, data: result };
}

/** Σ a b, in four partial sums, which a processor adds in parallel. */
function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < count; i += 4) {
    s0 += a[aStart + i] * b[bStart + i];
    s1 += a[aStart + i + 1] * b[bStart + i + 1];
    s2 += a[aStart + i + 2] * b[bStart + i + 2];
    s3 += a[aStart + i + 3] * b[bStart + i + 3];
  }
  for (; i < count; i++) s0 += a[aStart + i] * b[bStart + i];
  return s0 + s1 + (s2 + s3);
}

/** Rows of the second operand that fit the processor's cache while the rows of the first pass by. */
const BLOCK = 32;

/**
 * A Bᵀ of two matrices with the same number of columns.
 *
 * @param half `symmetric` when A Bᵀ is known to be symmetric (B is A): only one triangle is computed, then mirrored
 */
export function timesTransposed(a: Matrix, b: Matrix, half: 'whole' | 'symmetric' = 'whole'): Matrix {
  const data = new Float64Array(a.rows * b.rows);
  for (let start = 0; start < b.rows; start += BLOCK) {
    const end = Math.min(b.rows, start + BLOCK);
    for (let i = half === 'symmetric' ? start : 0; i < a.rows; i++) {
      for (let j = start; j < end; j++) {
        data[i * b.rows + j] = dot(a.data, i * a.columns, b.data, j * b.columns, a.columns);
      }
    }
  }
  if (half === 'symmetric') {
    for (let i = 0; i < a.rows; i++) for (let j = i + 1; j < a.rows; j++) data[i * a.rows + j] = data[j * a.rows + i];
  }
  return { rows: a.rows, columns: b.rows, data };
}
