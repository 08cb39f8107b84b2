/**
 * Prepares programs for a worker: simplifies them, and splits each into a graph and the passes after it, which are
 * identified by the numbers of their kernels.
 */
import { type Kernel, splitProgram } from '../graph/elementwise.ts';
import { type Program, statesUpdatedInPlace } from '../graph/program.ts';
import { recompute } from '../graph/recompute.ts';
import { simplify } from '../graph/simplify.ts';
import { updateName } from '../onnx/emit.ts';
import { fitsPassMemory } from './pass-memory.ts';
import type { ProgramEnds } from './protocol.ts';

const mapValues = <T, U>(record: Readonly<Record<string, T>>, f: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));

/** The shapes of named tensors or nodes. */
export const shapesOf = (
  all: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): Record<string, readonly number[]> => mapValues(all, ({ shape }) => shape);

/** A program's graph (undefined if it has only passes), and its inputs and outputs. */
export interface PreparedProgram {
  readonly graph: Program | undefined;
  readonly ends: ProgramEnds;
}

/** Keeps a program whole, with all updates in its graph. */
const whole: typeof splitProgram = (program) => ({ rest: program, passes: [], between: {} });

/** Splits off the passes, numbering their kernels in `kernels`. */
export function prepareProgram(
  program: Program,
  kernels: Map<string, Kernel>,
  split: typeof splitProgram = splitProgram,
): PreparedProgram {
  const { rest, passes, between } = split(program);
  const inPlace = rest ? statesUpdatedInPlace(rest) : new Set<string>();
  const numberOf = (kernel: Kernel): number => {
    const key = JSON.stringify(kernel);
    kernels.set(key, kernel);
    return [...kernels.keys()].indexOf(key);
  };
  return {
    graph: rest,
    ends: {
      feeds: shapesOf(rest?.feeds ?? {}),
      states: Object.keys(rest?.states ?? {}),
      outputs: Object.keys(program.outputs),
      updates: Object.fromEntries(
        Object.keys(rest?.updates ?? {}).map((state) => [
          state,
          { output: updateName(state), inPlace: inPlace.has(state) },
        ]),
      ),
      between: shapesOf(between),
      passes: passes.map(({ kernel, ...pass }) => ({ ...pass, kernel: numberOf(kernel) })),
    },
  };
}

/** Optimises a program: simplified, and with recomputation where a training step would keep too much. */
function simplified(program: Program, keptBytes: number | undefined): Program {
  const simple = simplify(program);
  return Object.keys(program.states).length > 0 ? recompute(simple, keptBytes) : simple;
}

/** The programs of an executable by name, and the kernels of their passes by number. */
export interface PreparedPrograms {
  readonly graphs: Readonly<Record<string, Program | undefined>>;
  readonly ends: Readonly<Record<string, ProgramEnds>>;
  readonly kernels: readonly Kernel[];
}

/**
 * Prepares programs that share states.
 *
 * @param states their shapes
 * @param device a graphics device keeps its states to itself, so it gets no passes; nor do states that WebAssembly
 *   cannot address
 * @param keptBytes bytes that a training step may keep from its forward pass
 */
export function preparePrograms(
  programs: Readonly<Record<string, Program>>,
  states: Readonly<Record<string, readonly number[]>>,
  device: 'cpu' | 'webgpu',
  keptBytes: number | undefined,
): PreparedPrograms {
  const simple = mapValues(programs, (program) => simplified(program, keptBytes));
  const prepared = (split: typeof splitProgram): PreparedPrograms => {
    const kernels = new Map<string, Kernel>();
    const all = mapValues(simple, (program) => prepareProgram(program, kernels, split));
    return {
      graphs: mapValues(all, ({ graph }) => graph),
      ends: mapValues(all, ({ ends }) => ends),
      kernels: [...kernels.values()],
    };
  };
  const first = prepared(device === 'cpu' ? splitProgram : whole);
  return fitsPassMemory(states, Object.values(first.ends)) ? first : prepared(whole);
}
