import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom, fillNormal, normalTensor, philox, type StreamPath } from './random.ts';

/** The known answers published in Random123, tests/kat_vectors, `philox4x32 10`: counter, key, words. */
const KNOWN_ANSWERS = `
00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8
ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd
243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1`;

test('philox returns the known answers of Random123', () => {
  for (const line of KNOWN_ANSWERS.trim().split('\n')) {
    const [c0, c1, c2, c3, k0, k1, ...words] = line.split(' ').map((word) => Number.parseInt(word, 16));
    assert.deepEqual(philox([c0, c1, c2, c3], [k0, k1]), words);
  }
});

/** Philox written from its definition with whole products; the implementation uses 16-bit halves. */
function philoxByDefinition(counter: number[], key: number[]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const product0 = c0 * 0xd2511f53n;
    const product1 = c2 * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

test('philox agrees with its definition for any counter and key', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
      assert.deepEqual(philox(counter, key), philoxByDefinition(counter, key));
    }),
  );
});

test('normals have mean 0, variance 1, and the tails of a normal distribution', () => {
  const { data } = normalTensor([200_000], 3, ['noise', 1]);
  const moment = (power: number) => data.reduce((sum, value) => sum + value ** power, 0) / data.length;
  // Five standard errors of each estimate.
  assert.ok(Math.abs(moment(1)) < 5 / Math.sqrt(data.length), `mean ${moment(1)}`);
  assert.ok(Math.abs(moment(2) - 1) < 5 * Math.sqrt(2 / data.length), `variance ${moment(2)}`);
  assert.ok(Math.abs(moment(3)) < 5 * Math.sqrt(15 / data.length), `third moment ${moment(3)}`);
  assert.ok(Math.abs(moment(4) - 3) < 5 * Math.sqrt(96 / data.length), `fourth moment ${moment(4)}`);
  const beyondTwo = data.filter((value) => Math.abs(value) > 2).length / data.length;
  assert.ok(Math.abs(beyondTwo - 0.0455) < 0.0025, `share beyond two sigma ${beyondTwo}`);
});

test('filling an array with normals gives the same numbers as reading them one by one, at any length', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 1001]) {
    const filled = new Float32Array(length);
    fillNormal(filled, 11, ['a', 2]);
    const random = createRandom(11, ['a', 2]);
    assert.deepEqual(
      filled,
      Float32Array.from({ length }, () => random.normal()),
    );
  }
});

test('another seed, word, counter or order gives another, uncorrelated stream', () => {
  const streams: [number, StreamPath][] = [
    [1, ['noise', 7]],
    [2, ['noise', 7]],
    [1 + 2 ** 32, ['noise', 7]],
    [-1, ['noise', 7]],
    [1, ['noise', 8]],
    [1, ['noise', '7']],
    [1, [7, 'noise']],
    [1, ['noise', 7, 0]],
    [1, ['crop', 7]],
  ];
  const values = streams.map(([seed, path]) => normalTensor([20_000], seed, path).data);
  for (let i = 0; i < values.length; i++) {
    for (let j = 0; j < i; j++) {
      const correlation = values[i].reduce((sum, value, at) => sum + value * values[j][at], 0) / values[i].length;
      assert.ok(Math.abs(correlation) < 5 / Math.sqrt(20_000), `streams ${i} and ${j}: ${correlation}`);
    }
  }
});

test('uniform numbers stay in their range and fill it', () => {
  const random = createRandom(5, ['ranges']);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const uniform = random.uniform();
    assert.ok(uniform >= 0 && uniform < 1);
    const between = random.between(-3, 2);
    assert.ok(between >= -3 && between < 2);
    counts[random.integer(10)]++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 5 * Math.sqrt(1800), `counts ${counts}`);
});
