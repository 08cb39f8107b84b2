/** The inputs of a graph: fed at each run, resident between runs, or constants of the graph. */
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import { makeNode } from './make-node.ts';
import type { Node } from './node.ts';

/**
 * A value that the caller passes at each run.
 *
 * @throws RddmError if a size is not an integer from 1
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { evaluate, feed, square } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([square(feed('x', [2]))], { x: tensor([2], [3, -4]) });
 * assert.deepEqual([...y.data], [9, 16]);
 * ```
 */
export const feed = (name: string, shape: Shape): Node<'input'> => makeNode('input', [], { name, shape, role: 'feed' });

/**
 * A value that stays in the runtime between runs; a program may update it.
 *
 * @throws RddmError if a size is not an integer from 1
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { add, createProgram, createReferenceRuntime, state } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const count = state('count', []);
 * const program = createProgram('count', {}, { count: add(count, 1) });
 * const executable = await createReferenceRuntime().load({ program }, { count: tensor([], [0]) });
 * for (let i = 0; i < 3; i++) await executable.run('program', {});
 * assert.equal((await executable.readStates()).count.data[0], 3);
 * ```
 */
export const state = (name: string, shape: Shape): Node<'input'> =>
  makeNode('input', [], { name, shape, role: 'state' });

/**
 * A value that is part of the graph.
 *
 * @throws RddmError if the tensor is empty
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, negate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([negate(constant(tensor([2], [1, -2])))]);
 * assert.deepEqual([...y.data], [-1, 2]);
 * ```
 */
export const constant = (value: Tensor): Node<'constant'> => makeNode('constant', [], { value });
