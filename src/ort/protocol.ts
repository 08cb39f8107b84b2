/**
 * The messages between client and worker of ONNX Runtime: plain data, with arrays transferred.
 */
import type { Pass } from '../graph/elementwise.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import type { Placement, Residence } from '../runtime/runtime.ts';

/** How a session is opened. */
export interface SessionSettings {
  readonly device: 'cpu' | 'webgpu';
  /** Threads of one operator; 0 lets ONNX Runtime take all cores. */
  readonly threads: number;
}

/** A pass with the number of its kernel. */
export type PassCall = Omit<Pass, 'kernel'> & { readonly kernel: number };

/** The inputs and outputs of a program's graph by name, and the passes that follow it. */
export interface ProgramEnds {
  readonly feeds: Readonly<Record<string, readonly number[]>>;
  readonly states: readonly string[];
  readonly outputs: readonly string[];
  /** State name → ONNX output name, and whether it may be written over the old value. */
  readonly updates: Readonly<Record<string, { readonly output: string; readonly inPlace: boolean }>>;
  /** Outputs that only passes read, with their shapes. */
  readonly between: Readonly<Record<string, readonly number[]>>;
  readonly passes: readonly PassCall[];
}

/** ONNX bytes; they are transferred, and not kept once a session is open. */
export type Model = Uint8Array<ArrayBuffer>;

export type Request =
  | {
      kind: 'load';
      executable: number;
      programs: Record<string, ProgramEnds>;
      /** Undefined if a program has only passes. */
      models: Record<string, Model | undefined>;
      /** WebAssembly modules of the passes. */
      kernels: Uint8Array<ArrayBuffer>[];
      /** Shapes of the states, whose initial values follow one by one: all at once they would be in memory twice. */
      states: Readonly<Record<string, readonly number[]>>;
      settings: SessionSettings;
    }
  | { kind: 'run'; executable: number; program: string; feeds: TensorMap }
  | { kind: 'read'; executable: number; names: readonly string[] }
  | { kind: 'residence'; executable: number }
  | { kind: 'placement'; executable: number; program: string; model: Model }
  | { kind: 'begin'; executable: number; state: string; value: Tensor }
  | { kind: 'release'; executable: number };

export type Result = TensorMap | Placement[] | Residence[] | null;

/** Requests are numbered; each gets exactly one answer with its number. */
export interface Envelope {
  readonly id: number;
  readonly request: Request;
}

export type Answer = { id: number; result: Result } | { id: number; error: string };

/** One end of the channel between client and worker: a thread, a page's worker, or both in one process. */
export interface Port<Sent, Received> {
  /** Sends a message; the arrays of `transfer` are moved, not copied, and are empty afterwards. */
  post(message: Sent, transfer: ArrayBuffer[]): void;
  /** To be called once, before anything is posted. */
  listen(onMessage: (message: Received) => void): void;
}
