/**
 * What every runtime must compute: one or more cases per op and lowering. Convolutions are in
 * conformance-convolutions.ts, conformance-groups.ts and conformance-pictures.ts, 8-bit integers in
 * conformance-quantized.ts, programs with state in conformance-states.ts. Each case is compared with the reference
 * evaluator. Sizes are small and odd, so that a wrong axis shows.
 */
import {
  absolute,
  add,
  averagePool,
  broadcast,
  concat,
  conv2d,
  divide,
  erf,
  exp,
  gelu,
  less,
  log,
  matmul,
  maxPool,
  mean,
  minimum,
  multiply,
  negate,
  normalize,
  pad,
  relu,
  reshape,
  sigmoid,
  sign,
  silu,
  slice,
  softmax,
  sqrt,
  square,
  subtract,
  sum,
  sumPool,
  transpose,
  upsample,
} from '../graph/build.ts';
import type { Shape } from '../math/shape.ts';
import { largestDifference } from '../math/tensor.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type ConformanceCase, single, withGradients } from './conformance-case.ts';
import { convolutionCases } from './conformance-convolutions.ts';
import { groupedCases } from './conformance-groups.ts';
import { pictureCases } from './conformance-pictures.ts';
import { quantizedCases } from './conformance-quantized.ts';
import { stateCases } from './conformance-states.ts';

const image: Shape = [2, 3, 5, 7];

/** All cases. */
export const conformanceCases: readonly ConformanceCase[] = [
  single('negate', [[3, 4]], negate),
  single('exp', [[3, 4]], exp),
  single('log', [[3, 40]], (x) => log(add(square(multiply(x, 3)), 1e-4))),
  single('sqrt', [[3, 4]], (x) => sqrt(add(square(x), 0.5))),
  single('erf', [[3, 40]], (x) => erf(multiply(x, 2))),
  single('sigmoid', [[3, 4]], (x) => sigmoid(multiply(x, 10))),
  single('absolute', [[3, 4]], absolute),
  single('sign with zeros', [[3, 4]], (x) => sign(multiply(x, less(x, 0.3)))),
  single(
    'add, broadcast',
    [
      [2, 3, 4],
      [3, 1],
    ],
    add,
  ),
  single('subtract, broadcast', [[4], [2, 3, 1]], subtract),
  single('multiply, scalar', [[2, 3]], (x) => multiply(x, 2.5)),
  single(
    'divide, broadcast',
    [
      [2, 3, 4],
      [2, 1, 4],
    ],
    (a, b) => divide(a, add(square(b), 1)),
  ),
  single('minimum, broadcast', [[2, 3], [3]], minimum),
  single(
    'less, broadcast',
    [
      [2, 3],
      [2, 1],
    ],
    less,
  ),
  single('sum over a middle axis', [[2, 6, 8, 9]], (x) => sum(x, [1])),
  single('sum over inner axes', [[2, 3, 4, 5]], (x) => sum(x, [1, 2])),
  single('sum over all', [[2, 3, 4]], (x) => sum(x)),
  single('mean over the last axis', [[2, 3, 40]], (x) => mean(x, [2])),
  single('softmax', [[2, 3, 9]], (x) => softmax(multiply(x, 5))),
  single('normalize', [[2, 3, 50]], (x) => normalize(add(x, 3), 1e-5)),
  single('normalize one row', [[50]], (x) => normalize(x, 1e-5)),
  single('reshape', [[2, 3, 4]], (x) => reshape(x, [4, 6])),
  single('transpose', [[2, 3, 4, 5]], (x) => transpose(x, [0, 3, 1, 2])),
  single('broadcast', [[3, 1]], (x) => broadcast(x, [2, 3, 4])),
  single('slice', [[2, 6, 4]], (x) => slice(x, 1, 2, 5)),
  single('pad', [[2, 3, 4]], (x) => pad(x, 1, 2, 1)),
  single(
    'concat',
    [
      [2, 3, 4],
      [2, 1, 4],
    ],
    (a, b) => concat([a, b, a], 1),
  ),
  single(
    'matmul',
    [
      [3, 4],
      [4, 5],
    ],
    matmul,
  ),
  single(
    'matmul, batched and broadcast',
    [
      [2, 1, 3, 4],
      [3, 4, 5],
    ],
    matmul,
  ),
  single(
    'matmul over 6',
    [
      [2, 8, 6],
      [2, 6, 4],
    ],
    matmul,
  ),
  single(
    'matmul of transposes',
    [
      [2, 4, 3],
      [2, 5, 4],
    ],
    (a, b) => matmul(transpose(a, [0, 2, 1]), transpose(b, [0, 2, 1])),
  ),
  ...convolutionCases,
  ...groupedCases,
  ...pictureCases,
  single('upsample', [image], upsample),
  single('sumPool', [[2, 3, 4, 6]], sumPool),
  withGradients('maxPool with padding', [image], (x) => maxPool(x, { kernel: 3, stride: 2, padding: 1 })),
  single('maxPool in strides', [[2, 3, 7, 8]], (x) => maxPool(x, { kernel: 3, stride: 2, padding: 0 })),
  // Zeros, not minus infinity: a runtime must not move them into the pool's own padding.
  single('maxPool after zeros, of negative values', [image], (x) => {
    const below = subtract(negate(absolute(x)), 1);
    const rows = pad(below, 2, 1, 1);
    return maxPool(pad(rows, 3, 1, 1), { kernel: 2, stride: 1, padding: 0 });
  }),
  withGradients('averagePool without the padding', [image], (x) =>
    averagePool(x, { kernel: 3, stride: 1, padding: 1 }),
  ),
  withGradients('convolution and relu', [image, [4, 3, 3, 3]], (x, w) => relu(conv2d(x, w, { stride: 2, padding: 0 }))),
  withGradients('convolution, norm and activation', [image, [8, 3, 3, 3], [8, 1, 1]], (x, w, b) => {
    const y = add(conv2d(x, w, { stride: 1, padding: 1 }), b);
    return silu(reshape(normalize(reshape(y, [2, 4, 70]), 1e-5), [2, 8, 5, 7]));
  }),
  withGradients(
    'down and up',
    [
      [1, 3, 8, 6],
      [4, 3, 4, 4],
      [3, 4, 3, 3],
    ],
    (x, down, up) => conv2d(upsample(conv2d(x, down, { stride: 2, padding: 1 })), up, { stride: 1, padding: 1 }),
  ),
  withGradients(
    'attention',
    [
      [2, 4, 9],
      [2, 4, 9],
      [2, 4, 9],
    ],
    (q, k, v) => matmul(softmax(matmul(transpose(q, [0, 2, 1]), k)), transpose(v, [0, 2, 1])),
  ),
  withGradients(
    'two linear layers',
    [
      [2, 8],
      [8, 16],
      [16, 3],
    ],
    (t, w, v) => matmul(gelu(matmul(t, w)), v),
  ),
  ...quantizedCases,
  ...stateCases,
];

/**
 * Runs a case on a runtime and on the reference.
 *
 * @returns the largest difference of any output or state, relative to the largest magnitude (at least 1)
 * @throws any error of the runtime
 *
 * @example
 * ```ts
 * import { createReferenceRuntime } from 'rddm/graph';
 * import { conformanceCases, conformanceError } from 'rddm/testing';
 * import assert from 'node:assert/strict';
 * // Use your own runtime here; float32 on a CPU stays below 1e-5, on WebGPU below 1e-4.
 * const runtime = createReferenceRuntime();
 * for (const one of conformanceCases.slice(0, 3)) {
 *   assert.ok((await conformanceError(runtime, one)) < 1e-5, one.name);
 * }
 * ```
 */
export async function conformanceError(runtime: Runtime, one: ConformanceCase): Promise<number> {
  const reference = await createReferenceRuntime().load({ main: one.program }, one.states);
  const tested = await runtime.load({ main: one.program }, one.states);
  let worst = 0;
  for (let i = 0; i < one.runs; i++) {
    const wanted = await reference.run('main', one.feeds);
    const given = await tested.run('main', one.feeds);
    Object.assign(wanted, await reference.readStates());
    Object.assign(given, await tested.readStates());
    for (const [name, value] of Object.entries(wanted)) {
      const magnitude = value.data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1);
      const error = largestDifference(value, given[name]) / magnitude;
      // Unlike a comparison, this keeps a NaN.
      worst = Math.max(worst, error);
    }
  }
  await tested.release();
  return worst;
}
