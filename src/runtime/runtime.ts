/**
 * What a runtime is: something that loads programs and runs them, with their states resident
 * between runs. The reference evaluator, onnxruntime-node and (later) the browser fulfil it; the
 * conformance suite beside this file holds each to the same values.
 */

import type { Program } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';

/** Where programs run. */
export const devices = ['cpu', 'webgpu', 'reference'] as const;
export type Device = (typeof devices)[number];

/** One executed operator: what it was and which provider ran it. */
export interface Placement {
  readonly node: string;
  readonly opType: string;
  readonly provider: string;
}

/** In which memory a state lies between two runs: the caller's side of the bus, or the device's own. */
export interface Residence {
  readonly state: string;
  readonly memory: 'host' | 'device';
}

/** Programs ready to run, sharing their states by name. Runs are sequential; a second waits for the first. */
export interface Executable {
  /**
   * Runs one program; afterwards its states hold their updates.
   *
   * @param program the name it was loaded under
   * @param feeds one tensor a feed, of exactly its shape
   * @returns the program's outputs, the caller's own
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
   * Where the states lie now. One on the device does not travel when a program runs.
   *
   * @throws RddmError after `release`
   */
  residence(): Promise<Residence[]>;
  /**
   * Which provider runs each operator of a program, found by running it once on zeros; states are untouched.
   *
   * @throws RddmError on an unknown program, or after `release`
   */
  placement(program: string): Promise<Placement[]>;
  /** Frees what the programs hold; a second call does nothing. */
  release(): Promise<void>;
}

/** A place to run programs. */
export interface Runtime {
  readonly device: Device;
  /**
   * @param programs by name; their states are shared by state name
   * @param states the first value of every state that any of them has
   * @throws RddmError when a state is missing, surplus or has another shape, or the device is not there
   */
  load(programs: Readonly<Record<string, Program>>, states?: TensorMap): Promise<Executable>;
  /** Ends the runtime; what it loaded is gone. */
  close(): Promise<void>;
}

/**
 * Checks that `given` are exactly the tensors that `wanted` asks for.
 *
 * @throws RddmError when one is missing, surplus or has another shape
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
 * The states of all programs together.
 *
 * @throws RddmError when one name means two shapes
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

/** The programs of an executable by name, until it is released: the refusals that every runtime owes. */
export function programTable(programs: Readonly<Record<string, Program>>) {
  let released = false;
  const requireOpen = (where: string): void => {
    if (released) throw expected(where, 'an executable that still holds its programs', 'a released one');
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
    /** Whether this call released it, or an earlier one did. */
    release(): boolean {
      const first = !released;
      released = true;
      return first;
    },
  };
}
