import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupsOf, multiplyAddsOf } from './profile-report.ts';
import type { KernelCall } from './trace.ts';

const call = (op: string, microseconds: number, inputs: number[][], outputs: number[][]): KernelCall => ({
  op,
  layer: op === 'Add' ? 'optimiser' : 'init_conv',
  microseconds,
  inputs,
  outputs,
});

test('multiply-adds of convolutions, grouped too, and of products, batched and transposed', () => {
  const image = [1, 8, 10, 10];
  assert.equal(multiplyAddsOf(call('Conv', 1, [image, [4, 8, 3, 3], [4]], [[1, 4, 10, 10]])), 400 * 72);
  assert.equal(multiplyAddsOf(call('Conv', 1, [image, [8, 1, 3, 3]], [image])), 800 * 9);
  const product = [
    [2, 5, 7],
    [7, 3],
  ];
  assert.equal(multiplyAddsOf(call('MatMul', 1, product, [[2, 5, 3]])), 2 * 5 * 7 * 3);
  assert.equal(
    multiplyAddsOf(
      call(
        'FusedMatMul',
        1,
        [
          [2, 7, 5],
          [2, 3, 7],
        ],
        [[2, 5, 3]],
      ),
    ),
    2 * 5 * 7 * 3,
  );
  // Packed weights are not listed.
  assert.equal(multiplyAddsOf(call('Gemm', 1, [[2, 7], [3]], [[2, 3]])), 2 * 7 * 3);
  assert.equal(multiplyAddsOf(call('FusedMatMul', 1, [[1, 7, 5]], [[1, 5, 3]])), 5 * 7 * 3);
  assert.equal(multiplyAddsOf(call('Add', 1, [image, image], [image])), 0);
});

test('calls are grouped by operator, or by operator and shapes, as means per run, longest first', () => {
  const run = [
    call('Add', 1000, [[256, 1024], [1]], [[256, 1024]]),
    call('Add', 2000, [[512, 1024], [1]], [[512, 1024]]),
    call(
      'MatMul',
      5000,
      [
        [10, 100],
        [100, 10],
      ],
      [[10, 10]],
    ),
  ];
  const twice = { calls: [...run, ...run], runs: 2 };
  const byOp = groupsOf(twice, 'operator');
  assert.deepEqual(
    byOp.map(({ what, calls, milliseconds }) => [what, calls, milliseconds]),
    [
      ['MatMul', 1, 5],
      ['Add', 2, 3],
    ],
  );
  assert.ok(Math.abs(byOp[1].megabytes - 6) < 1e-4);
  const [reshape] = groupsOf({ calls: [call('Reshape', 1, [[8, 8]], [[64]])], runs: 1 }, 'operator');
  assert.equal(reshape.megabytes, 0);
  assert.equal(byOp[0].gigaMultiplyAdds, 1e-5);
  assert.deepEqual(
    groupsOf(twice, 'shapes').map(({ what }) => what),
    ['MatMul  10x100 100x10 → 10x10', 'Add  512x1024 1 → 512x1024', 'Add  256x1024 1 → 256x1024'],
  );
  assert.deepEqual(
    groupsOf(twice, 'layer').map(({ what }) => what),
    ['init_conv', 'optimiser'],
  );
});
