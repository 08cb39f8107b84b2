/**
 * `rddm/graph`: the typed graph under every network: building it, its gradient, programs, the reference evaluator,
 * passes over programs, ONNX, and the interface of runtimes. Tensors come from `rddm`; tests for runtimes from
 * `rddm/testing`.
 */

// Building and differentiating

export * from './graph/build.ts';
export { gradient } from './graph/gradient.ts';
export {
  type Attributes,
  type ConvolutionAttributes,
  type EightBit,
  isOp,
  type Node,
  type OpName,
  type PoolAttributes,
  type QuantizeAttributes,
  topologicalOrder,
} from './graph/node.ts';
export { createProgram, type Program, programNodes, statesUpdatedInPlace } from './graph/program.ts';
export { type DirectionField, type ReceptiveField, receptiveField } from './graph/receptive-field.ts';
export { timeEmbedding } from './nn/time-embedding.ts';

// What a graph means

export { evaluate, evaluateExactly, type Value } from './graph/evaluate.ts';

// Passes over programs

export {
  type Kernel,
  type KernelOperand,
  type Pass,
  type Source,
  type SplitProgram,
  splitProgram,
} from './graph/elementwise.ts';
export { recompute } from './graph/recompute.ts';
export { rewrite } from './graph/rewrite.ts';
export { simplify } from './graph/simplify.ts';

// ONNX and WebAssembly

export { decodeHalf, encodeHalf } from './math/half.ts';
export { type ConvolutionForm, convolutionForms } from './onnx/convolution-cost.ts';
export { emit, lowerProgram, updateName } from './onnx/emit.ts';
export { type ConvolutionForms, type LoweringOptions, type Provider, providers } from './onnx/lowering.ts';
export type { OnnxAttribute, OnnxData, OnnxInitializer, OnnxModel, OnnxNode, OnnxValue } from './onnx/model.ts';
export { type Precision, precisions } from './onnx/precision.ts';
export { compileKernel } from './wasm/kernel.ts';

// Runtimes

export { createReferenceRuntime } from './runtime/reference.ts';
export {
  type Device,
  devices,
  type Executable,
  type Placement,
  type Residence,
  type Runtime,
} from './runtime/runtime.ts';
