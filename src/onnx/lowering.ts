/**
 * What lowering writes into: a growing ONNX graph with fresh names. Rules call `node` and the
 * constant helpers and never see protobuf or each other.
 */
import { elementCount, type Shape } from '../math/shape.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxNode } from './model.ts';

/** The execution providers that graphs are emitted for; each gets only operators that it has itself. */
export const providers = ['cpu', 'webgpu'] as const;
export type Provider = (typeof providers)[number];

/** The name of a value in the ONNX graph. */
export type Name = string;

/** An ONNX graph under construction. */
export interface Lowering {
  readonly provider: Provider;
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxInitializer[];
  /** Appends an operator call and returns its (first) output. */
  node(opType: string, inputs: readonly Name[], attributes?: Readonly<Record<string, OnnxAttribute>>): Name;
  /** A float32 constant. */
  floats(shape: Shape, data: Float32Array): Name;
  /** A scalar float32 constant. */
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
export function createLowering(provider: Provider, taken: ReadonlySet<string>): Lowering {
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
  return {
    provider,
    nodes,
    initializers,
    node(opType, inputs, attributes = {}) {
      const name = free(`${opType}_${nodes.length}`);
      nodes.push({ opType, inputs, outputs: [name], attributes });
      return name;
    },
    floats: (shape, data) =>
      elementCount(shape) === 1
        ? once(`float ${shape.join('x')} ${data[0]} ${Object.is(data[0], -0)}`, () => initializer(shape, data))
        : initializer(shape, data),
    float: (value) =>
      once(`float  ${Math.fround(value)} ${Object.is(value, -0)}`, () => initializer([], Float32Array.of(value))),
    bytes: initializer,
    integers: (values) =>
      once(`integers ${values.join(',')}`, () => initializer([values.length], BigInt64Array.from(values, BigInt))),
  };
}
