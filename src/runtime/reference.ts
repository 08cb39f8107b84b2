/**
 * The reference evaluator as a runtime: float64 inside, slow, and correct. Every other runtime is compared with it.
 * States stay in float64 between runs, so it is exact over many steps.
 */
import { evaluateExactly, type Value } from '../graph/evaluate.ts';
import { programNodes } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import { checkTensors, type Executable, programTable, type Runtime, sharedStates } from './runtime.ts';

const widened = ({ shape, data }: Tensor): Value => ({ shape, data: Float64Array.from(data) });
const narrowed = ({ shape, data }: Value): Tensor => ({ shape, data: Float32Array.from(data) });

/**
 * Opens the reference runtime.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { createProgram, createReferenceRuntime, feed, square } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const program = createProgram('square', { y: square(feed('x', [2])) });
 * const executable = await createReferenceRuntime().load({ program });
 * const { y } = await executable.run('program', { x: tensor([2], [3, -4]) });
 * assert.deepEqual([...y.data], [9, 16]);
 * ```
 */
export function createReferenceRuntime(): Runtime {
  return {
    device: 'reference',
    async load(programs, initial: TensorMap = {}): Promise<Executable> {
      checkTensors('load', sharedStates(programs), initial);
      const states = new Map(Object.entries(initial).map(([name, value]) => [name, widened(value)]));
      const table = programTable(programs);
      return {
        async run(name, feeds) {
          const program = table.find('run', name);
          checkTensors(`run ${name}`, program.feeds, feeds);
          const given = new Map(states);
          for (const [feed, value] of Object.entries(feeds)) given.set(feed, widened(value));
          const outputs = Object.entries(program.outputs);
          const updates = Object.entries(program.updates);
          const values = evaluateExactly(
            [...outputs, ...updates].map(([, node]) => node),
            given,
          );
          updates.forEach(([state], i) => {
            states.set(state, values[outputs.length + i]);
          });
          return Object.fromEntries(outputs.map(([output], i) => [output, narrowed(values[i])]));
        },
        async readStates(names = [...states.keys()]) {
          table.requireOpen('readStates');
          return Object.fromEntries(
            names.map((name) => {
              const value = states.get(name);
              if (!value) throw expected('readStates', `one of the states ${[...states.keys()].join(', ')}`, name);
              return [name, narrowed(value)];
            }),
          );
        },
        async residence() {
          table.requireOpen('residence');
          return [...states.keys()].map((state) => ({ state, memory: 'host' as const }));
        },
        async placement(name) {
          return programNodes(table.find('placement', name))
            .filter((node) => node.op !== 'input' && node.op !== 'constant')
            .map((node, i) => ({ node: `${node.op}_${i}`, opType: node.op, provider: 'reference' }));
        },
        async release() {
          table.release();
          states.clear();
        },
      };
    },
    async close() {},
  };
}
