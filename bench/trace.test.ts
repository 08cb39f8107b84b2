import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastCalls, type TraceEvent } from './trace.ts';

const kernel = (name: string, dur: number): TraceEvent => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  dur,
  args: {
    op_name: 'Add',
    input_type_shape: [{ float: [2, 3] }, { int64: [1] }],
    output_type_shape: [{ float: [2, 3] }],
  },
});

test("the calls of the last runs, with the shapes of their float32 values and their nodes' layers", () => {
  const run: TraceEvent = { cat: 'Session', name: 'model_run', dur: 9 };
  const other: TraceEvent = { cat: 'Node', name: 'a_fence_before', dur: 9 };
  const events = [kernel('a', 1), kernel('b', 2), run, other, kernel('a', 3), kernel('b', 4), run];
  const shapes = { inputs: [[2, 3]], outputs: [[2, 3]] };
  assert.deepEqual(
    lastCalls(events, 1, (node) => (node === 'a' ? 'first' : undefined)),
    [
      { op: 'Add', layer: 'first', microseconds: 3, ...shapes },
      { op: 'Add', layer: 'layout', microseconds: 4, ...shapes },
    ],
  );
  assert.equal(lastCalls(events, 2, () => undefined).length, 4);
});
