/**
 * What the client and the worker of ONNX Runtime say to each other: plain data, arrays transferred.
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

/** A pass with its kernel by number. */
export type PassCall = Omit<Pass, 'kernel'> & { readonly kernel: number };

/** The ends of a program's graph, by name, and the passes that follow it. */
export interface ProgramEnds {
  readonly feeds: Readonly<Record<string, readonly number[]>>;
  readonly states: readonly string[];
  readonly outputs: readonly string[];
  /** State name → ONNX output name and whether it may be written over the old value. */
  readonly updates: Readonly<Record<string, { readonly output: string; readonly inPlace: boolean }>>;
  /** Outputs that only passes read, and their shapes. */
  readonly between: Readonly<Record<string, readonly number[]>>;
  readonly passes: readonly PassCall[];
}

/** ONNX bytes; they travel by transfer and are not kept once a session is open. */
export type Model = Uint8Array<ArrayBuffer>;

export type Request =
  | {
      kind: 'load';
      executable: number;
      programs: Record<string, ProgramEnds>;
      /** None where a program is passes alone. */
      models: Record<string, Model | undefined>;
      /** WebAssembly modules of the passes. */
      kernels: Uint8Array<ArrayBuffer>[];
      /** Shapes of the states, whose first values follow one by one: all at once, they would stand in memory twice. */
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

/** Requests are numbered; each gets exactly one answer of its number. */
export interface Envelope {
  readonly id: number;
  readonly request: Request;
}

export type Answer = { id: number; result: Result } | { id: number; error: string };

/** An end of the line between client and worker; a thread, a page's worker or two ends in one process. */
export interface Port<Sent, Received> {
  /** Sends a message; the arrays of `transfer` are moved, not copied, and are empty here afterwards. */
  post(message: Sent, transfer: ArrayBuffer[]): void;
  /** Called once, before anything is posted. */
  listen(onMessage: (message: Received) => void): void;
}
