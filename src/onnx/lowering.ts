/**
 * What lowering writes into: a growing ONNX graph with fresh names. Rules call `node` and the
 * constant helpers and never see protobuf or each other.
 */

import { encodeHalf } from '../math/half.ts';
import { elementCount, type Shape } from '../math/shape.ts';
import type { ConvolutionForm } from './convolution-cost.ts';
import { elementTypes, type OnnxAttribute, type OnnxInitializer, type OnnxNode } from './model.ts';
import type { Precision } from './precision.ts';

/** The execution providers that graphs are emitted for; each gets only operators that it has itself. */
export const providers = ['cpu', 'webgpu'] as const;
export type Provider = (typeof providers)[number];

/**
 * How convolutions are lowered that have two forms: each in the one that is faster by convolution-cost.ts, or all in the
 * same.
 */
export type ConvolutionForms = 'fastest' | ConvolutionForm;

/** How a program is lowered, where there is a choice. */
export interface LoweringOptions {
  /** By default each convolution gets the form that is faster. */
  readonly convolutions?: ConvolutionForms | undefined;
  /** What inference computes in; float32 by default. */
  readonly precision?: Precision | undefined;
}

/** The name of a value in the ONNX graph. */
export type Name = string;

/** An ONNX graph under construction. */
export interface Lowering {
  readonly provider: Provider;
  readonly convolutions: ConvolutionForms;
  /** What the node at hand computes in. */
  readonly precision: Precision;
  /** The same graph for a node that computes in another format. */
  in(precision: Precision): Lowering;
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxInitializer[];
  /** Appends an operator call and returns its (first) output. */
  node(opType: string, inputs: readonly Name[], attributes?: Readonly<Record<string, OnnxAttribute>>): Name;
  /**
   * Reshapes, leaving the size along one axis to be inferred: the one that counts images. Their number is open in the
   * graph (see `lowerProgram`).
   */
  reshape(x: Name, shape: Shape, openAxis?: number): Name;
  /** A value in this format. */
  cast(value: Name): Name;
  /** A constant of this format. */
  floats(shape: Shape, data: Float32Array): Name;
  /** A scalar constant of this format. */
  float(value: number): Name;
  /** Constants of eight-bit integers, the type by the array's. */
  bytes(shape: Shape, data: Uint8Array | Int8Array): Name;
  /** A list of int64, as shapes and axes are given; equal lists share one constant. */
  integers(values: readonly number[]): Name;
}

/**
 * Starts an empty graph for a provider.
 *
 * @param taken names that the program's ends have: nothing else gets one of them
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
