/**
 * Which values of an inference graph are float16, on request: convolutions and the ops that only pass their results on,
 * so that the large arrays take half the memory. Statistics and sums over many pixels are computed in float32: a
 * softmax over 65,536 pixels has values that float16 rounds to zero. The inputs and outputs of the graph stay float32.
 */
import type { Node, OpName } from '../graph/node.ts';

/** Number formats that inference can be emitted for. */
export const precisions = ['float32', 'float16'] as const;
/** One of `precisions`. */
export type Precision = (typeof precisions)[number];

/**
 * How an op behaves under float16. `half`: takes and gives it. `single`: takes and gives float32. `statistics`: computes in
 * float32 and returns the format of its input. `follows`: has the format of its inputs, float16 if any of them has it.
 */
type Behaviour = 'half' | 'single' | 'statistics' | 'follows';

const behaviours: { readonly [K in OpName]: Behaviour } = {
  input: 'single',
  constant: 'single',
  negate: 'follows',
  exp: 'single',
  log: 'single',
  sqrt: 'single',
  erf: 'single',
  sigmoid: 'follows',
  absolute: 'follows',
  sign: 'follows',
  relu: 'follows',
  add: 'follows',
  subtract: 'follows',
  multiply: 'follows',
  divide: 'single',
  minimum: 'follows',
  less: 'single',
  sum: 'single',
  softmax: 'single',
  normalize: 'statistics',
  quantize: 'single',
  reshape: 'follows',
  transpose: 'follows',
  broadcast: 'follows',
  slice: 'follows',
  pad: 'follows',
  concat: 'follows',
  matmul: 'single',
  conv2d: 'half',
  conv2dInputGradient: 'single',
  conv2dWeightGradient: 'single',
  upsample: 'follows',
  sumPool: 'single',
  maxPool: 'follows',
  averagePool: 'statistics',
};

/** The format in which a node computes, and that of its result. */
export interface Formats {
  readonly computes: Precision;
  readonly gives: Precision;
}

/**
 * The formats of a node.
 *
 * @param given the formats of its inputs before casts
 */
export function formatsOf({ op }: Node, given: readonly Precision[], precision: Precision): Formats {
  const shared = precision === 'float16' && given.includes('float16') ? 'float16' : 'float32';
  const formats: { readonly [B in Behaviour]: Formats } = {
    half: { computes: precision, gives: precision },
    single: { computes: 'float32', gives: 'float32' },
    statistics: { computes: 'float32', gives: shared },
    follows: { computes: shared, gives: shared },
  };
  return formats[behaviours[op]];
}
