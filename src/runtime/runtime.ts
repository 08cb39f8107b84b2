/**
 * The interface of a runtime: it loads programs and runs them, and keeps their states resident between runs. The
 * reference evaluator and onnxruntime-node implement it; the conformance suite (src/testing) holds each to the same
 * values.
 */

import type { Program } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';

/** Where programs run. */
export const devices = ['cpu', 'webgpu', 'reference'] as const;
/** One of `devices`. */
export type Device = (typeof devices)[number];

/** One executed operator: its type, and the provider that ran it. */
export interface Placement {
  readonly node: string;
  readonly opType: string;
  readonly provider: string;
}

/** The memory that holds a state between runs: the host's or the device's. */
export interface Residence {
  readonly state: string;
  readonly memory: 'host' | 'device';
}

/** Programs ready to run; they share states by name. Runs are sequential: a second one waits for the first. */
export interface Executable {
  /**
   * Runs one program; afterwards its states are updated.
   *
   * @param program the name it was loaded under
   * @param feeds one tensor per feed, of exactly its shape
   * @returns the program's outputs, owned by the caller
   * @throws RddmError on a missing, surplus or wrongly shaped feed, an unknown program, or after `release`
   */
  run(program: string, feeds: TensorMap): Promise<Record<string, Tensor>>;
  /**
   * Copies of the states, all or the named ones.
   *
   * @throws RddmError on an unknown name, or after `release`
   */
  readStates(names?: readonly string[]): Promise<Record<string, Tensor>>;
  /**
   * Where each state is now. A state on the device is not copied when a program runs.
   *
   * @throws RddmError after `release`
   */
  residence(): Promise<Residence[]>;
  /**
   * Which provider runs each operator of a program, found by running it once on zeros; states do not change.
   *
   * @throws RddmError on an unknown program, or after `release`
   */
  placement(program: string): Promise<Placement[]>;
  /** Frees the programs; a second call does nothing. */
  release(): Promise<void>;
}

/** A place to run programs. */
export interface Runtime {
  readonly device: Device;
  /**
   * @param programs by name; states of one name are shared
   * @param states the initial value of every state of every program
   * @throws RddmError if a state is missing, surplus or of another shape, or the device does not exist
   */
  load(programs: Readonly<Record<string, Program>>, states?: TensorMap): Promise<Executable>;
  /** Ends the runtime and everything it loaded. */
  close(): Promise<void>;
}

/**
 * Checks that `given` has exactly the tensors of `wanted`.
 *
 * @throws RddmError if one is missing, surplus or of another shape
 */
export function checkTensors(
  where: string,
  wanted: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  given: TensorMap,
): void {
  for (const [name, { shape }] of Object.entries(wanted)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (!value) throw expected(where, `a tensor "${name}" of ${showShape(shape)}`, 'none');
    if (!sameShape(value.shape, shape))
      throw expected(where, `"${name}" of ${showShape(shape)}`, showShape(value.shape));
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(wanted, name))
      throw expected(where, `only ${Object.keys(wanted).join(', ') || 'no tensors'}`, `"${name}" too`);
  }
}

/**
 * The states of all programs.
 *
 * @throws RddmError if two states of one name have different shapes
 */
export function sharedStates(
  programs: Readonly<Record<string, Program>>,
): Record<string, { shape: readonly number[] }> {
  const states: Record<string, { shape: readonly number[] }> = {};
  for (const program of Object.values(programs)) {
    for (const [name, { shape }] of Object.entries(program.states)) {
      if (states[name] && !sameShape(states[name].shape, shape)) {
        throw expected(
          'load',
          `state "${name}" of one shape in all programs`,
          `${showShape(states[name].shape)} and ${showShape(shape)}`,
        );
      }
      states[name] = { shape };
    }
  }
  return states;
}

/** The programs of an executable by name until it is released, with the checks that every runtime makes. */
export function programTable(programs: Readonly<Record<string, Program>>) {
  let released = false;
  const requireOpen = (where: string): void => {
    if (released) throw expected(where, 'an executable that is still loaded', 'a released one');
  };
  return {
    /** @throws RddmError after `release` */
    requireOpen,
    /** @throws RddmError on an unknown name, or after `release` */
    find(where: string, name: string): Program {
      requireOpen(where);
      if (!Object.hasOwn(programs, name)) {
        throw expected(where, `one of the programs ${Object.keys(programs).join(', ')}`, name);
      }
      return programs[name];
    },
    /** Whether this call released it, rather than an earlier one. */
    release(): boolean {
      const first = !released;
      released = true;
      return first;
    },
  };
}
