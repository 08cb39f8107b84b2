/**
 * The reference evaluator: the meaning of every op, in float64 and plain loops. All runtimes and gradients are compared
 * with it, so it is written to be read, not to be fast.
 */
import { expected } from '../math/errors.ts';
import { elementCount, type Shape, sameShape, showShape, stridesOf } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import { nearestRepresented } from './eight-bit.ts';
import { convolve, convolveInputGradient, convolveWeightGradient } from './evaluate-convolution.ts';
import { pooledValues } from './evaluate-pooling.ts';
import { doubled, doubledShape, summed } from './evaluate-resampling.ts';
import { type Attributes, isOp, type Node, type OpName, topologicalOrder } from './node.ts';

/** A float64 value during evaluation. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

type EvaluationRule<K extends OpName> = (
  inputs: readonly Value[],
  attributes: Attributes[K],
  shape: Shape,
) => Float64Array;

/**
 * For each element of `shape` in order, the element of `source` that broadcasts there: a step along axis a of the
 * result is `strides[a]` elements of the source.
 */
function gather(source: Float64Array, shape: Shape, strides: readonly number[], offset = 0): Float64Array {
  const result = new Float64Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < result.length; i++) {
    result[i] = source[position];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis];
      if (++index[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

function broadcastTo(x: Value, shape: Shape): Float64Array {
  if (sameShape(x.shape, shape)) return x.data;
  const own = stridesOf(x.shape);
  const lead = shape.length - x.shape.length;
  return gather(
    x.data,
    shape,
    shape.map((_, axis) => (axis < lead || x.shape[axis - lead] === 1 ? 0 : own[axis - lead])),
  );
}

const unary =
  (f: (x: number) => number) =>
  ([x]: readonly Value[]): Float64Array =>
    x.data.map(f);

const binary =
  (f: (a: number, b: number) => number) =>
  ([a, b]: readonly Value[], _: unknown, shape: Shape): Float64Array => {
    const left = broadcastTo(a, shape);
    const right = broadcastTo(b, shape);
    return Float64Array.from({ length: left.length }, (_unused, i) => f(left[i], right[i]));
  };

/** Applies `f` to each row of the last axis. */
function overRows({ shape, data }: Value, f: (row: Float64Array) => Float64Array): Float64Array {
  const size = shape[shape.length - 1];
  const result = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += size) result.set(f(data.subarray(start, start + size)), start);
  return result;
}

/** The error function to double precision: its Taylor series near 0, a continued fraction of erfc beyond. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let term = z;
    let total = z;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total) && n < 200; n++) {
      term *= (-z * z) / n;
      total += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * total) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction));
}

/** Copies `part` into `whole` along one axis, from entry `start`; or out of it, by `direction`. */
function copyAlongAxis(whole: Value, part: Value, axis: number, start: number, direction: 'into' | 'out of'): void {
  const inner = elementCount(part.shape.slice(axis + 1));
  const outer = elementCount(part.shape.slice(0, axis));
  const run = part.shape[axis] * inner;
  const stride = whole.shape[axis] * inner;
  for (let o = 0; o < outer; o++) {
    const from = o * stride + start * inner;
    if (direction === 'into') whole.data.set(part.data.subarray(o * run, (o + 1) * run), from);
    else part.data.set(whole.data.subarray(from, from + run), o * run);
  }
}

const blank = (shape: Shape): Value => ({ shape, data: new Float64Array(elementCount(shape)) });

function multiplyMatrices(a: Value, b: Value, shape: Shape): Float64Array {
  const batch = shape.slice(0, -2);
  const [m, n] = shape.slice(-2);
  const k = a.shape[a.shape.length - 1];
  const left = broadcastTo(a, [...batch, m, k]);
  const right = broadcastTo(b, [...batch, k, n]);
  const result = new Float64Array(elementCount(shape));
  for (let i = 0; i < elementCount(batch); i++) {
    for (let row = 0; row < m; row++) {
      const out = (i * m + row) * n;
      for (let j = 0; j < k; j++) {
        const factor = left[(i * m + row) * k + j];
        const start = (i * k + j) * n;
        for (let column = 0; column < n; column++) result[out + column] += factor * right[start + column];
      }
    }
  }
  return result;
}

const evaluationRules: { readonly [K in OpName]: EvaluationRule<K> } = {
  input: (_, { name }) => {
    throw expected('evaluate', `a value for the input "${name}"`, 'none');
  },
  constant: (_, { value }) => Float64Array.from(value.data),

  negate: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  erf: unary(erf),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  absolute: unary(Math.abs),
  sign: unary(Math.sign),
  relu: unary((x) => Math.max(x, 0)),

  add: binary((a, b) => a + b),
  subtract: binary((a, b) => a - b),
  multiply: binary((a, b) => a * b),
  divide: binary((a, b) => a / b),
  minimum: binary(Math.min),
  less: binary((a, b) => (a < b ? 1 : 0)),

  sum: ([x], _, shape) => {
    const result = new Float64Array(elementCount(shape));
    const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
    const target = gather(Float64Array.from(result.keys()), x.shape, strides);
    for (let i = 0; i < x.data.length; i++) result[target[i]] += x.data[i];
    return result;
  },
  softmax: ([x]) =>
    overRows(x, (row) => {
      const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const powers = row.map((value) => Math.exp(value - largest));
      const total = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / total);
    }),
  normalize: ([x], { epsilon }) =>
    overRows(x, (row) => {
      const mean = row.reduce((a, b) => a + b, 0) / row.length;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
      return row.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
    }),

  reshape: ([x]) => x.data,
  transpose: ([x], { permutation }, shape) => {
    const strides = stridesOf(x.shape);
    return gather(
      x.data,
      shape,
      permutation.map((axis) => strides[axis]),
    );
  },
  broadcast: ([x], _, shape) => broadcastTo(x, shape),
  slice: ([x], { axis, start }, shape) => {
    const part = blank(shape);
    copyAlongAxis(x, part, axis, start, 'out of');
    return part.data;
  },
  pad: ([x], { axis, before }, shape) => {
    const whole = blank(shape);
    copyAlongAxis(whole, x, axis, before, 'into');
    return whole.data;
  },
  concat: (inputs, { axis }, shape) => {
    const whole = blank(shape);
    let start = 0;
    for (const input of inputs) {
      copyAlongAxis(whole, input, axis, start, 'into');
      start += input.shape[axis];
    }
    return whole.data;
  },

  quantize: ([x], attributes) => {
    const entry = x.data.length / attributes.scales.length;
    return x.data.map((value, i) => nearestRepresented(value, attributes, attributes.scales[Math.floor(i / entry)]));
  },

  matmul: ([a, b], _, shape) => multiplyMatrices(a, b, shape),
  conv2d: ([x, w, bias], attributes, shape) => {
    const result = convolve(attributes.upsampled ? doubled(x) : x, w, attributes, shape);
    const pixels = shape[2] * shape[3];
    return bias ? result.map((value, i) => value + bias.data[Math.floor(i / pixels) % shape[1]]) : result;
  },
  conv2dInputGradient: ([g, w], attributes, shape) => {
    if (!attributes.upsampled) return convolveInputGradient(g, w, attributes, shape);
    const whole = doubledShape(shape);
    return summed({ shape: whole, data: convolveInputGradient(g, w, attributes, whole) }).data;
  },
  conv2dWeightGradient: ([x, g], attributes, shape) =>
    convolveWeightGradient(attributes.upsampled ? doubled(x) : x, g, attributes, shape),
  upsample: ([x]) => doubled(x).data,
  sumPool: ([x]) => summed(x).data,
  maxPool: ([x], attributes, shape) => pooledValues(x, attributes, shape, (pixels) => Math.max(...pixels)),
  averagePool: ([x], attributes, shape) =>
    pooledValues(x, attributes, shape, (pixels) => pixels.reduce((a, b) => a + b, 0) / pixels.length),
};

const apply = <K extends OpName>(node: Node<K>, inputs: readonly Value[]): Float64Array =>
  evaluationRules[node.op](inputs, node.attributes, node.shape);

function givenValue(
  { attributes: { name }, shape }: Node<'input'>,
  given: ReadonlyMap<string, Value>,
): Value | undefined {
  const value = given.get(name);
  if (value && !sameShape(value.shape, shape)) {
    throw expected('evaluate', `"${name}" of ${showShape(shape)}`, showShape(value.shape));
  }
  return value;
}

/**
 * Computes nodes with the reference evaluator, entirely in float64.
 *
 * @param given the graph's inputs by name
 * @throws RddmError if an input is missing or has another shape
 *
 * @example
 * ```ts
 * import { evaluateExactly, exp, feed } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluateExactly([exp(feed('x', []))], new Map([['x', { shape: [], data: Float64Array.of(1) }]]));
 * assert.equal(y.data[0], Math.E);
 * ```
 */
export function evaluateExactly(outputs: readonly Node[], given: ReadonlyMap<string, Value>): Value[] {
  const values = new Map<Node, Value>();
  for (const node of topologicalOrder(outputs)) {
    const value = isOp(node, 'input') ? givenValue(node, given) : undefined;
    values.set(
      node,
      value ?? {
        shape: node.shape,
        data: apply(
          node,
          node.inputs.map((input) => values.get(input) as Value),
        ),
      },
    );
  }
  return outputs.map((node) => values.get(node) as Value);
}

/**
 * Computes nodes with the reference evaluator: float64 inside, float32 outside.
 *
 * @param given the graph's inputs by name
 * @throws RddmError if an input is missing or has another shape
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { add, evaluate, feed } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([add(feed('x', [2]), 1)], { x: tensor([2], [1, 2]) });
 * assert.deepEqual([...y.data], [2, 3]);
 * ```
 */
export function evaluate(outputs: readonly Node[], given: Readonly<Record<string, Tensor>> = {}): Tensor[] {
  const exact = new Map(
    Object.entries(given).map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
  );
  return evaluateExactly(outputs, exact).map(({ shape, data }) => ({ shape, data: Float32Array.from(data) }));
}
