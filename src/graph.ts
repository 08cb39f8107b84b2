/**
 * `rddm/graph`: the typed graph under every network. Building it, its gradient, programs, the reference evaluator, passes over
 * programs, ONNX, and what a runtime is. Tensors come from `rddm`; a runtime's tests from `rddm/testing`.
 */

// Building and differentiating
export * from './graph/build.ts';
// Passes over programs
export { type Kernel, type Pass, type SplitProgram, splitProgram } from './graph/elementwise.ts';
// What a graph means
export { evaluate, evaluateExactly, type Value } from './graph/evaluate.ts';
export { gradient } from './graph/gradient.ts';
export { isOp, type Node, type OpName, topologicalOrder } from './graph/node.ts';
export { createProgram, type Program, programNodes, statesUpdatedInPlace } from './graph/program.ts';
export { recompute } from './graph/recompute.ts';
export { rewrite } from './graph/rewrite.ts';
export { simplify } from './graph/simplify.ts';
// ONNX and WebAssembly
export { decodeHalf, encodeHalf } from './math/half.ts';
export { timeEmbedding } from './nn/time-embedding.ts';
export { emit, lowerProgram, updateName } from './onnx/emit.ts';
export type { Provider } from './onnx/lowering.ts';
export type { Precision } from './onnx/precision.ts';
// Runtimes
export { createReferenceRuntime } from './runtime/reference.ts';
export type { Device, Executable, Placement, Runtime } from './runtime/runtime.ts';
export { compileKernel } from './wasm/kernel.ts';
