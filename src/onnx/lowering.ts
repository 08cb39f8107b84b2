/**
 * The target of lowering: a growing ONNX graph with fresh names. Rules call `node` and the constant helpers and never
 * see protobuf or each other.
 */

import { encodeHalf } from '../math/half.ts';
import { elementCount, type Shape } from '../math/shape.ts';
import type { ConvolutionForm } from './convolution-cost.ts';
import { elementTypes, type OnnxAttribute, type OnnxInitializer, type OnnxNode } from './model.ts';
import type { Precision } from './precision.ts';

/** The execution providers that graphs are emitted for; each gets only operators that it has. */
export const providers = ['cpu', 'webgpu'] as const;
/** One of `providers`. */
export type Provider = (typeof providers)[number];

/**
 * How to lower convolutions that have two forms: each in the faster one by convolution-cost.ts, or all in the same one.
 */
export type ConvolutionForms = 'fastest' | ConvolutionForm;

/** Options of lowering. */
export interface LoweringOptions {
  /** By default each convolution gets the faster form. */
  readonly convolutions?: ConvolutionForms | undefined;
  /** The precision of inference; float32 by default. */
  readonly precision?: Precision | undefined;
}

/** The name of a value in the ONNX graph. */
export type Name = string;

/** An ONNX graph under construction. */
export interface Lowering {
  readonly provider: Provider;
  readonly convolutions: ConvolutionForms;
  /** The precision of the current node. */
  readonly precision: Precision;
  /** The same graph for a node that computes in another format. */
  in(precision: Precision): Lowering;
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxInitializer[];
  /** Appends an operator call and returns its (first) output. */
  node(opType: string, inputs: readonly Name[], attributes?: Readonly<Record<string, OnnxAttribute>>): Name;
  /**
   * Reshapes, inferring the size along one axis: the number of images, which is open in the graph (see `lowerProgram`).
   */
  reshape(x: Name, shape: Shape, openAxis?: number): Name;
  /** Casts a value to this format. */
  cast(value: Name): Name;
  /** A constant of this format. */
  floats(shape: Shape, data: Float32Array): Name;
  /** A scalar constant of this format. */
  float(value: number): Name;
  /** A constant of 8-bit integers, of the array's type. */
  bytes(shape: Shape, data: Uint8Array | Int8Array): Name;
  /** A list of int64, for shapes and axes; equal lists share one constant. */
  integers(values: readonly number[]): Name;
}

/**
 * Starts an empty graph for a provider.
 *
 * @param taken names of the program's inputs and outputs, which nothing else may get
 */
export function createLowering(
  provider: Provider,
  taken: ReadonlySet<string>,
  { convolutions = 'fastest' }: LoweringOptions = {},
): Lowering {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  const shared = new Map<string, Name>();
  const free = (name: Name): Name => (taken.has(name) ? free(`${name}_`) : name);
  const initializer = (shape: Shape, data: OnnxInitializer['data']): Name => {
    const name = free(`c${initializers.length}`);
    initializers.push({ name, shape, data });
    return name;
  };
  const once = (key: string, create: () => Name): Name => {
    const name = shared.get(key) ?? create();
    shared.set(key, name);
    return name;
  };
  const node: Lowering['node'] = (opType, inputs, attributes = {}) => {
    const name = free(`${opType}_${nodes.length}`);
    nodes.push({ opType, inputs, outputs: [name], attributes });
    return name;
  };
  const integers: Lowering['integers'] = (values) =>
    once(`integers ${values.join(',')}`, () => initializer([values.length], BigInt64Array.from(values, BigInt)));

  const lowerings = new Map<Precision, Lowering>();
  const loweringIn = (precision: Precision): Lowering => {
    const known = lowerings.get(precision);
    if (known) return known;
    const numbers = (shape: Shape, data: Float32Array): Name =>
      initializer(shape, precision === 'float16' ? encodeHalf(data) : data);
    const lowering: Lowering = {
      ...{ provider, convolutions, precision, nodes, initializers, node, integers },
      in: loweringIn,
      reshape: (x, shape, openAxis = 0) =>
        node('Reshape', [x, integers(shape.map((size, axis) => (axis === openAxis ? -1 : size)))]),
      bytes: initializer,
      cast: (value) => node('Cast', [value], { to: { int: elementTypes[precision] } }),
      floats: (shape, data) =>
        elementCount(shape) === 1
          ? once(`${precision} ${shape.join('x')} ${data[0]} ${Object.is(data[0], -0)}`, () => numbers(shape, data))
          : numbers(shape, data),
      float: (value) => lowering.floats([], Float32Array.of(value)),
    };
    lowerings.set(precision, lowering);
    return lowering;
  };
  return loweringIn('float32');
}
