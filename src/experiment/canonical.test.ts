import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atPath, canonicalJson, merged } from './canonical.ts';

test('the order of members does not matter for identity, the order of a list does', () => {
  assert.equal(canonicalJson({ b: [1, { d: 2, c: null }], a: 'x' }), '{"a":"x","b":[1,{"c":null,"d":2}]}');
  assert.equal(canonicalJson({ a: 'x', b: 1 }), canonicalJson({ b: 1, a: 'x' }));
  assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
});

test('applying a change: objects merge, null removes, lists and words replace', () => {
  const base = { model: { unet: { dim: 16 }, objective: 'noise' }, list: [1, 2] };
  assert.deepEqual(merged(base, { model: { unet: { dim: 24 }, objective: null }, list: [3] }), {
    model: { unet: { dim: 24 } },
    list: [3],
  });
  assert.equal(base.model.objective, 'noise');
});

test('a path leads to its leaf', () => {
  assert.deepEqual(atPath('adjust.alpha', 2), { adjust: { alpha: 2 } });
  assert.deepEqual(merged({ steps: 5, adjust: { mode: 'alpha' } }, atPath('adjust.alpha', 2)), {
    steps: 5,
    adjust: { mode: 'alpha', alpha: 2 },
  });
});
