/**
 * An ONNX model as plain data, and its bytes (ModelProto of onnx.proto, IR 8, operator set 17: the newest that ONNX
 * Runtime's CPU and WebGPU providers, and the commonly installed checkers, all accept).
 */
import type { Shape } from '../math/shape.ts';
import {
  bytesField,
  type Chunks,
  floatField,
  integerField,
  integersField,
  joined,
  messageField,
  stringField,
  toBytes,
} from './protobuf.ts';

/** An attribute's value; a tag distinguishes integers and floats. */
export type OnnxAttribute = { int: number } | { float: number } | { ints: readonly number[] } | { string: string };

/** One operator call. */
export interface OnnxNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** Element types of tensors in the model: float32, float16 bits, int64 for shapes and axes, and 8-bit integers. */
export type OnnxData = Float32Array | Uint16Array | BigInt64Array | Uint8Array | Int8Array;

/** A tensor inside the model. */
export interface OnnxInitializer {
  readonly name: string;
  readonly shape: Shape;
  readonly data: OnnxData;
}

/** A graph input or output, always float32; a size may be left open. */
export interface OnnxValue {
  readonly name: string;
  /** Without a shape, any shape is possible. */
  readonly shape?: readonly (number | undefined)[];
}

/** A whole model. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Intermediate values with given shapes, since a runtime would not infer them all. */
  readonly values: readonly OnnxValue[];
}

const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** TensorProto.DataType */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int64: 7, float16: 10 } as const;

function elementTypeOf(data: OnnxData): number {
  if (data instanceof Float32Array) return elementTypes.float32;
  if (data instanceof Uint16Array) return elementTypes.float16;
  if (data instanceof BigInt64Array) return elementTypes.int64;
  return data instanceof Uint8Array ? elementTypes.uint8 : elementTypes.int8;
}

function attributeProto(name: string, value: OnnxAttribute): Chunks {
  const named = stringField(1, name);
  if ('int' in value) return joined(named, integerField(3, value.int), integerField(20, 2));
  if ('float' in value) return joined(named, floatField(2, value.float), integerField(20, 1));
  if ('string' in value) return joined(named, stringField(4, value.string), integerField(20, 3));
  return joined(named, integersField(8, value.ints), integerField(20, 7));
}

const nodeProto = ({ opType, inputs, outputs, attributes }: OnnxNode): Chunks =>
  joined(
    ...inputs.map((name) => stringField(1, name)),
    ...outputs.map((name) => stringField(2, name)),
    stringField(3, outputs[0]),
    stringField(4, opType),
    ...Object.entries(attributes).map(([name, value]) => messageField(5, attributeProto(name, value))),
  );

const tensorProto = ({ name, shape, data }: OnnxInitializer): Chunks =>
  joined(
    ...(shape.length > 0 ? [integersField(1, shape)] : []),
    integerField(2, elementTypeOf(data)),
    stringField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

function valueInfoProto({ name, shape }: OnnxValue): Chunks {
  const dimensions = shape?.map((size) => messageField(1, size === undefined ? joined() : integerField(1, size)));
  const tensorType = joined(
    integerField(1, elementTypes.float32),
    ...(dimensions ? [messageField(2, joined(...dimensions))] : []),
  );
  return joined(stringField(1, name), messageField(2, messageField(1, tensorType)));
}

/** The bytes of a model, little-endian, as ONNX requires for raw data. */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const graph = joined(
    ...model.nodes.map((node) => messageField(1, nodeProto(node))),
    stringField(2, model.name),
    ...model.initializers.map((initializer) => messageField(5, tensorProto(initializer))),
    ...model.inputs.map((value) => messageField(11, valueInfoProto(value))),
    ...model.outputs.map((value) => messageField(12, valueInfoProto(value))),
    ...model.values.map((value) => messageField(13, valueInfoProto(value))),
  );
  return toBytes(
    joined(
      integerField(1, IR_VERSION),
      stringField(2, 'rddm'),
      messageField(7, graph),
      messageField(8, joined(stringField(1, ''), integerField(2, OPERATOR_SET))),
    ),
  );
}
