import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RddmError } from '../math/errors.ts';
import { filled } from '../math/tensor.ts';
import { matchWeights } from './match.ts';

const wanted = { 'b.weight': [2, 3], 'a.bias': [2] };

test("matching weights are returned in the network's order, uncopied", () => {
  const given = { 'a.bias': filled([2], 1), 'b.weight': filled([2, 3], 2) };
  const matched = matchWeights(wanted, given, 'file');
  assert.deepEqual(Object.keys(matched), ['b.weight', 'a.bias']);
  assert.equal(matched['a.bias'], given['a.bias']);
});

test('one sentence names missing, surplus and misshapen weights', () => {
  const given = { 'b.weight': filled([3, 2], 0), extra: filled([1], 0) };
  assert.throws(
    () => matchWeights(wanted, given, 'model.pt'),
    new RddmError(
      'model.pt: expected the 2 weights of the network, got 1 missing (a.bias) and 1 left over (extra) and ' +
        '1 of another shape (b.weight: 3x2, not 2x3); the file and the configuration belong to different networks',
    ),
  );
});

test('long lists are counted in full and shown in part', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`w${i}`, [1]]));
  assert.throws(() => matchWeights(many, {}, 'file'), /9 missing \(w0, w1, w2, w3, …\)/);
});

test('for hundreds of names the pattern is shown', () => {
  const many = (...starts: string[]) =>
    Object.fromEntries(starts.flatMap((start) => Array.from({ length: 80 }, (_, i) => [`${start}.${i}.weight`, [1]])));
  assert.throws(
    () => matchWeights({ ...many('unet1.downs', 'unet1.ups'), 'init_conv.bias': [1] }, {}, 'file'),
    new RddmError(
      'file: expected the 161 weights of the network, got 161 missing (unet1.* (160), init_conv.bias, such as ' +
        'unet1.downs.0.weight and unet1.downs.1.weight); the file and the configuration belong to different networks',
    ),
  );
  const given = Object.fromEntries(Object.keys(many('unet0.mid')).map((name) => [name, filled([2], 0)]));
  assert.throws(
    () => matchWeights(many('unet0.mid'), given, 'file'),
    /80 of another shape \(unet0\.mid\.\* \(80\), such as unet0\.mid\.0\.weight: 2, not 1 and /,
  );
});

test('names of object methods do not count as weights', () => {
  assert.throws(() => matchWeights({ toString: [1] }, {}, 'file'), /1 missing \(toString\)/);
  assert.throws(() => matchWeights({}, { constructor: filled([1], 0) }, 'file'), /1 left over \(constructor\)/);
});

test('as many values in another shape do not fit', () => {
  assert.throws(() => matchWeights({ a: [4] }, { a: filled([2, 2], 0) }, 'file'), /a: 2x2, not 4/);
  assert.throws(() => matchWeights({ a: [] }, { a: filled([1], 0) }, 'file'), /a: 1, not scalar/);
});
