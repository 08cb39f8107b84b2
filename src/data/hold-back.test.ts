import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatasetItem } from './example.ts';
import { heldBack } from './hold-back.ts';

const items = (count: number): DatasetItem[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${i}.png`, clean: `photos/${i}.png` }));
const namesOf = (some: readonly DatasetItem[]): string[] => some.map(({ name }) => name);

test('about the share is held back, everything else is kept in its order, nothing is in both', () => {
  const { kept, held } = heldBack(items(2000), 0.1, 0);
  assert.ok(Math.abs(held.length - 200) < 45, String(held.length));
  const merged = [...kept, ...held].sort((a, b) => Number.parseInt(a.name, 10) - Number.parseInt(b.name, 10));
  assert.deepEqual(merged, items(2000));
  assert.deepEqual(namesOf(kept), namesOf(items(2000).filter((item) => !held.some(({ name }) => name === item.name))));
});

test('the name and the seed decide: more pictures leave it held back, another seed holds back others', () => {
  const few = namesOf(heldBack(items(300), 0.2, 0).held);
  const more = namesOf(heldBack(items(600), 0.2, 0).held);
  assert.deepEqual(few, more.slice(0, few.length));
  assert.notDeepEqual(namesOf(heldBack(items(300), 0.2, 1).held), few);
  // A larger share holds back the same ones, and others.
  const larger = namesOf(heldBack(items(300), 0.4, 0).held);
  assert.ok(few.every((name) => larger.includes(name)) && larger.length > few.length);
});

test('pictures of one name stay together', () => {
  const twice = [...items(200), ...items(200).map((item) => ({ ...item, clean: `more/${item.name}` }))];
  const { held } = heldBack(twice, 0.3, 0);
  assert.equal(held.length, 2 * new Set(namesOf(held)).size);
});

test('of a few pictures one is held back, and of one none can be', () => {
  assert.equal(heldBack(items(3), 1e-9, 5).held.length, 1);
  assert.throws(() => heldBack(items(1), 0.1, 0), {
    message:
      'validation: expected pictures to train on besides those that are held back, got a share of 0.1 of 1, which is all; hold back fewer',
  });
});
