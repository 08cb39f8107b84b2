/**
 * Counter-based randomness (Philox4x32-10, Salmon et al. 2011): a number is a pure function of seed, stream and
 * position. No state is carried from step to step, so training resumes exactly from `seed + step` on any device. There
 * is no global state and no `Math.random`.
 */
import { elementCount, type Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** A reader of one random stream. Two readers of the same seed and path return the same numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in 0 … count − 1. */
  integer(count: number): number;
  /** Standard normal. */
  normal(): number;
}

/** Names a stream: words and counters, for example `['crop', step, index]`. */
export type StreamPath = readonly (string | number)[];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of a 32×32-bit product from 16-bit halves: every partial sum fits in 32 bits and stays an integer. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const middle2 = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (middle2 >>> 16)) | 0;
}

/** One Philox4x32-10 block into `words`, without allocating: the inner loop of all noise. */
function philoxInto(words: Uint32Array, counter: readonly number[], key: readonly number[]): void {
  let c0 = counter[0] | 0;
  let c1 = counter[1] | 0;
  let c2 = counter[2] | 0;
  let c3 = counter[3] | 0;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/**
 * One Philox4x32-10 block: four 32-bit words from a 128-bit counter and a 64-bit key.
 *
 * @example
 * ```ts
 * import { philox } from 'rddm';
 * import assert from 'node:assert/strict';
 * // Known answer published with the algorithm (Random123, kat_vectors).
 * assert.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
 * ```
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  const words = new Uint32Array(4);
  philoxInto(words, counter, key);
  return [words[0], words[1], words[2], words[3]];
}

/** 64-bit FNV-1a of the path in two 32-bit halves with different offsets; it only has to keep streams apart. */
function hashPath(path: StreamPath): [number, number] {
  let a = 0x811c9dc5;
  let b = 0xcbf29ce4;
  for (const part of path) {
    for (const character of `${typeof part}:${part};`) {
      const code = character.codePointAt(0) as number;
      a = Math.imul(a ^ code, 0x01000193) >>> 0;
      b = Math.imul(b ^ (code + 0x9e37), 0x01000193) >>> 0;
    }
  }
  return [a, b];
}

const EMPTY = new Uint32Array(4);

/** Returns the next block of a stream at each call, always in the same array. */
function openBlocks(seed: number, path: StreamPath): () => Uint32Array<ArrayBuffer> {
  const key = [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
  const counter = [0, 0, ...hashPath(path)];
  const words = new Uint32Array(4);
  return () => {
    philoxInto(words, counter, key);
    counter[0] = (counter[0] + 1) >>> 0;
    if (counter[0] === 0) counter[1]++;
    return words;
  };
}

/**
 * Opens the stream of `seed` and `path`.
 *
 * @param seed any safe integer; all of its bits count
 * @param path what the numbers are used for
 *
 * @example
 * ```ts
 * import { createRandom } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.equal(createRandom(1, ['noise', 7]).normal(), createRandom(1, ['noise', 7]).normal());
 * assert.notEqual(createRandom(1, ['noise', 7]).normal(), createRandom(1, ['noise', 8]).normal());
 * ```
 */
export function createRandom(seed: number, path: StreamPath): Random {
  const nextBlock = openBlocks(seed, path);
  let words = EMPTY;
  let position = 4;
  const next = (): number => {
    if (position === 4) {
      words = nextBlock();
      position = 0;
    }
    return words[position++];
  };
  let spare: number | undefined;
  const uniform = (): number => next() / 0x100000000;
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    integer: (count) => Math.floor(uniform() * count),
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Box-Muller; the half step keeps the logarithm finite.
      const radius = Math.sqrt(-2 * Math.log((next() + 0.5) / 0x100000000));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/**
 * Fills `target` with the numbers that `createRandom(seed, path).normal()` returns, in that order, but three times as
 * fast: a training batch needs hundreds of thousands of them.
 */
export function fillNormal(target: Float32Array, seed: number, path: StreamPath): void {
  const nextBlock = openBlocks(seed, path);
  const pair = (index: number, word0: number, word1: number): void => {
    const radius = Math.sqrt(-2 * Math.log((word0 + 0.5) / 0x100000000));
    const angle = 2 * Math.PI * (word1 / 0x100000000);
    if (index < target.length) target[index] = radius * Math.cos(angle);
    if (index + 1 < target.length) target[index + 1] = radius * Math.sin(angle);
  };
  for (let i = 0; i < target.length; i += 4) {
    const words = nextBlock();
    pair(i, words[0], words[1]);
    pair(i + 2, words[2], words[3]);
  }
}

/**
 * A tensor of independent standard normals from the stream `path` of `seed`.
 *
 * @example
 * ```ts
 * import { normalTensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const noise = normalTensor([1, 3, 8, 8], 7, ['noise', 1]);
 * assert.deepEqual(normalTensor([1, 3, 8, 8], 7, ['noise', 1]), noise);
 * ```
 */
export function normalTensor(shape: Shape, seed: number, path: StreamPath): Tensor {
  const data = new Float32Array(elementCount(shape));
  fillNormal(data, seed, path);
  return { shape: [...shape], data };
}
