/**
 * Runs passes: one WebAssembly memory that holds the states and everything else that passes read, and the compiled
 * kernels over it. ONNX Runtime reads and writes the same arrays, so nothing is copied between a graph and its passes.
 */
import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';
import type { Source } from '../graph/elementwise.ts';
import { elementCount } from '../math/shape.ts';
import type { TensorMap } from '../math/tensor.ts';
import type { PassCall, ProgramEnds } from './protocol.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** The most that WebAssembly can address. */
const LARGEST = 2 ** 32;
/** The alignment of arrays in bytes: a cache line, which suits every vector instruction. */
const ALIGNMENT = 64;
const PAGE = 2 ** 16;

const bytesOf = (shape: readonly number[]): number => Math.ceil((4 * elementCount(shape)) / ALIGNMENT) * ALIGNMENT;
const total = (shapes: Shapes): number => Object.values(shapes).reduce((sum, shape) => sum + bytesOf(shape), 0);

/** What a program's passes read besides states: outputs of its graph, and feeds. */
function scratchOf({ between, passes }: ProgramEnds): Shapes {
  const fed = passes.flatMap(({ tensors, count }) =>
    tensors.filter((source) => source.of === 'feed').map(({ name }) => [`feed ${name}`, [count]] as const),
  );
  return { ...between, ...Object.fromEntries(fed) };
}

/** Bytes that states and passes need; programs share intermediate memory, since they run one after the other. */
function bytesNeeded(states: Shapes, programs: readonly ProgramEnds[]): number {
  return total(states) + Math.max(0, ...programs.map((ends) => total(scratchOf(ends))));
}

/** Whether passes over these states fit in WebAssembly's memory. */
export const fitsPassMemory = (states: Shapes, programs: readonly ProgramEnds[]): boolean =>
  bytesNeeded(states, programs) <= LARGEST - PAGE;

/** The memory that passes work on. */
export interface PassMemory {
  readonly states: Map<string, OrtTensor>;
  /** Where a program's graph writes what its passes read. */
  between(ends: ProgramEnds): Record<string, OrtTensor>;
  /** Runs a program's passes, after its graph. */
  run(ends: ProgramEnds, feeds: TensorMap): void;
}

/** Places arrays in sequence from an address. */
function placed(
  OrtTensor: TensorConstructor,
  memory: WebAssembly.Memory,
  shapes: Shapes,
  start: number,
): Map<string, OrtTensor> {
  let next = start;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(memory.buffer, next, elementCount(shape));
      next += bytesOf(shape);
      return [name, new OrtTensor('float32', data, [...shape])];
    }),
  );
}

/**
 * Creates a memory for passes, with states of zeros.
 *
 * @param OrtTensor ONNX Runtime's tensor class
 */
export function createPassMemory(
  OrtTensor: TensorConstructor,
  shapes: Shapes,
  programs: readonly ProgramEnds[],
  kernels: readonly Uint8Array<ArrayBuffer>[],
): PassMemory {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytesNeeded(shapes, programs) / PAGE) });
  const runs = kernels.map((bytes) => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return exports.run as (...all: number[]) => void;
  });
  const states = placed(OrtTensor, memory, shapes, 0);
  const scratch = new Map(programs.map((ends) => [ends, placed(OrtTensor, memory, scratchOf(ends), total(shapes))]));

  const find = (ends: ProgramEnds, { of, name }: Source): OrtTensor => {
    const found = of === 'state' ? states.get(name) : scratch.get(ends)?.get(of === 'feed' ? `feed ${name}` : name);
    return found as OrtTensor;
  };
  const address = (ends: ProgramEnds, source: Source): number => (find(ends, source).data as Float32Array).byteOffset;
  const call = (ends: ProgramEnds, { kernel, count, tensors, numbers, states: replaced }: PassCall, feeds: TensorMap) =>
    runs[kernel](
      Math.ceil(count / 4) * 16,
      ...tensors.map((source) => address(ends, source)),
      ...replaced.map((name) => address(ends, { of: 'state', name })),
      ...numbers.map((source) =>
        source.of === 'feed' ? feeds[source.name].data[0] : (find(ends, source).data as Float32Array)[0],
      ),
    );
  return {
    states,
    between: (ends) =>
      Object.fromEntries(Object.keys(ends.between).map((name) => [name, scratch.get(ends)?.get(name) as OrtTensor])),
    run(ends, feeds) {
      for (const [name, tensor] of scratch.get(ends) ?? []) {
        if (!Object.hasOwn(ends.between, name))
          (tensor.data as Float32Array).set(feeds[name.slice('feed '.length)].data);
      }
      for (const pass of ends.passes) call(ends, pass, feeds);
    },
  };
}
