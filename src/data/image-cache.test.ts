import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cached } from './image-cache.ts';

/** A reader whose pictures have as many bytes as their path says, and a record of its calls. */
function counting() {
  const asked: string[] = [];
  const read = async (path: string, channels: 1 | 3) => {
    asked.push(path);
    return { width: Number(path), height: 1, channels, data: new Uint8Array(Number(path)) };
  };
  return { asked, read };
}

test('pictures that fit are read once; the least recently used one is dropped first', async () => {
  const { asked, read } = counting();
  const cache = cached(read, 60);
  for (const path of ['10', '20', '30', '10', '20', '30']) await cache(path, 1);
  assert.deepEqual(asked, ['10', '20', '30']);
  await cache('10', 1);
  await cache('15', 1); // 20 is dropped, 30 and 10 stay.
  for (const path of ['30', '10', '15']) await cache(path, 1);
  assert.deepEqual(asked, ['10', '20', '30', '15']);
  await cache('20', 1);
  assert.deepEqual(asked, ['10', '20', '30', '15', '20']);
});

test('a picture above the budget is passed on, and drops nothing', async () => {
  const { asked, read } = counting();
  const cache = cached(read, 60);
  await cache('50', 1);
  assert.equal((await cache('70', 1)).data.length, 70);
  await cache('50', 1);
  await cache('70', 1);
  assert.deepEqual(asked, ['50', '70', '70']);
});

test('grey and colour of one file are two pictures', async () => {
  const { read } = counting();
  const cache = cached(read, 60);
  assert.equal((await cache('10', 1)).channels, 1);
  assert.equal((await cache('10', 3)).channels, 3);
});

test('a failure is not cached', async () => {
  let fail = true;
  const cache = cached(async () => {
    if (fail) throw new Error('not now');
    return { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
  }, 60);
  await assert.rejects(cache('a', 1), /not now/);
  fail = false;
  assert.equal((await cache('a', 1)).width, 1);
});
