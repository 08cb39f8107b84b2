import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tensor } from '../src/math/tensor.ts';
import { compareOutputs } from './compare-outputs.ts';

const ours = { y: tensor([2], [100, 1]) };

test('differences are relative to the largest value', () => {
  assert.equal(compareOutputs('peer', ours, { y: tensor([2], [100, 1]) }), 0);
  assert.ok(Math.abs(compareOutputs('peer', ours, { y: tensor([2], [100, 1.005]) }) - 5e-5) < 1e-9);
});

test('refuses a peer with different results', () => {
  assert.throws(
    () => compareOutputs('peer', ours, { y: tensor([2], [100, 1.02]) }),
    /peer: expected our "y" within 0.0001 of its largest value, got 2.0e-4/,
  );
  assert.equal(compareOutputs('peer', ours, { y: tensor([2], [100, 1.02]) }, 1e-3) < 1e-3, true);
  assert.throws(() => compareOutputs('peer', ours, { y: tensor([2], [100, Number.NaN]) }), /got NaN/);
  assert.throws(() => compareOutputs('peer', ours, { y: tensor([1, 2], [100, 1]) }), /"y" of 2, got 1x2/);
  assert.throws(() => compareOutputs('peer', ours, { z: tensor([1], [1]) }), /expected an output "y", got z/);
  assert.throws(() => compareOutputs('peer', {}, {}), /something to compare/);
});
