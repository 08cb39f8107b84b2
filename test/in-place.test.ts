/**
 * Writing states in place never changes a result: compares random programs on onnxruntime with the reference evaluator.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import {
  add,
  concat,
  divide,
  feed,
  gelu,
  matmul,
  minimum,
  multiply,
  normalize,
  reshape,
  sigmoid,
  silu,
  slice,
  softmax,
  square,
  state,
  subtract,
  sum,
  transpose,
} from '../src/graph/build.ts';
import type { Node } from '../src/graph/node.ts';
import { createProgram, type Program, statesUpdatedInPlace } from '../src/graph/program.ts';
import { createRandom, normalTensor } from '../src/math/random.ts';
import type { Tensor } from '../src/math/tensor.ts';
import { conformanceError } from '../src/testing/conformance.ts';

const size = 8;
const matrix = [size, size];

/** A program of a dozen ops, each on earlier results; states are read anywhere, and updated by anything. */
function randomProgram(seed: number): Program {
  const random = createRandom(seed, ['random program']);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  const w = state('w', matrix);
  const v = state('v', matrix);
  const row = feed('row', [size]);
  const made: Node[] = [w, w, v, feed('x', matrix)];
  const any = (): Node => pick(made);
  const half = (x: Node): Node => multiply(x, 0.5);
  const ops: readonly (() => Node)[] = [
    () => matmul(any(), any()),
    () => transpose(any(), [1, 0]),
    () => add(any(), any()),
    () => subtract(any(), any()),
    () => multiply(any(), any()),
    () => minimum(any(), any()),
    () => add(any(), row),
    () => sigmoid(any()),
    () => silu(any()),
    () => gelu(any()),
    () => softmax(any()),
    () => normalize(any(), 1e-2),
    () => multiply(any(), divide(1, add(1, sum(square(any()))))),
    () => reshape(square(reshape(any(), [size * size])), matrix),
    () => concat([slice(any(), 0, 0, 3), slice(any(), 0, 3, size)], 0),
  ];
  for (let i = 3 + random.integer(9); i > 0; i--) made.push(half(pick(ops)()));
  const late = (count: number): Node => pick(made.slice(-count));
  const updates = { w: add(half(w), half(late(6))), v: pick([multiply(late(6), v), add(v, half(late(6)))]) };
  return createProgram(`random ${seed}`, { y: sum(late(4)), z: sum(late(5)) }, updates);
}

const values = (inputs: Program['feeds'], seed: number): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => {
      const { data } = normalTensor(shape, seed, ['random program', name]);
      return [name, { shape, data: data.map((value) => value / 3) }];
    }),
  );

test('random programs', async () => {
  const runtime = createOrtRuntime({ device: 'cpu', threads: 1 });
  after(() => runtime.close());
  let inPlace = 0;
  for (let seed = 0; seed < 200; seed++) {
    const program = randomProgram(seed);
    inPlace += statesUpdatedInPlace(program).size;
    const { feeds, states, name } = program;
    const one = { name, program, feeds: values(feeds, seed), states: values(states, seed), runs: 2 };
    const error = await conformanceError(runtime, one);
    assert.ok(error < 1e-4, `${name} differs by ${error}`);
  }
  assert.ok(inPlace > 40, `only ${inPlace} states of 400 were written in place`);
});
