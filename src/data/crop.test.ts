import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../math/random.ts';
import { augment, flipModes, texture } from './crop.ts';
import type { Image } from './image.ts';

/** Every pixel encodes its place: column in red, row in green. */
const places = (width: number, height: number): Image => {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    data[pixel * 3] = pixel % width;
    data[pixel * 3 + 1] = Math.floor(pixel / width);
  }
  return { width, height, channels: 3, data };
};

test('an unscaled, unflipped square is part of the picture, byte for byte', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const [square] = augment([places(20, 11)], { size: 9, scale: [1, 1], flips: 'none' }, createRandom(seed, []));
    const [left, top] = square.data;
    seen.add(`${left},${top}`);
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 9; x++) {
        assert.deepEqual([...square.data.subarray((y * 9 + x) * 3, (y * 9 + x) * 3 + 2)], [left + x, top + y]);
      }
    }
  }
  assert.equal(seen.size, 12 * 3, 'every window occurs');
});

test('pictures of one item get the same window, scale and flips', () => {
  const colour = places(60, 50);
  const red: Image = { ...colour, channels: 1, data: colour.data.filter((_, i) => i % 3 === 0) };
  const scale = fc.double({ min: 0.2, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...flipModes), scale, scale, (seed, flips, a, b) => {
      const options = { size: 16, scale: [Math.min(a, b), Math.max(a, b)] as const, flips };
      const [one, two, three] = augment([colour, red, colour], options, createRandom(seed, []));
      assert.deepEqual(one, three);
      assert.deepEqual([...two.data], [...one.data.filter((_, i) => i % 3 === 0)]);
    }),
  );
});

test('shrinking averages the area', () => {
  const image: Image = {
    width: 4,
    height: 4,
    channels: 1,
    data: Uint8Array.of(0, 4, 8, 8, 4, 8, 8, 8, 1, 1, 9, 9, 1, 1, 9, 9),
  };
  const half = augment([image], { size: 2, scale: [0.5, 0.5], flips: 'none' }, createRandom(1, []));
  assert.deepEqual([...half[0].data], [4, 8, 1, 9]);
  // 3 pixels onto 2: each averages one whole pixel and half of the middle one, in both directions.
  const three: Image = { width: 3, height: 3, channels: 1, data: Uint8Array.of(0, 30, 60, 0, 30, 60, 0, 30, 60) };
  const [uneven] = augment([three], { size: 2, scale: [2 / 3, 2 / 3], flips: 'none' }, createRandom(1, []));
  assert.deepEqual([...uneven.data], [10, 50, 10, 50]);
});

test('a picture of one colour keeps it at any scale', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      fc.nat({ max: 255 }),
      (seed, factor, value) => {
        const image: Image = { width: 90, height: 70, channels: 1, data: new Uint8Array(6300).fill(value) };
        const [square] = augment([image], { size: 8, scale: [factor, factor], flips: 'all' }, createRandom(seed, []));
        assert.ok(square.data.every((each) => each === value));
      },
    ),
  );
});

test('only the flips asked for occur, all about equally often', () => {
  const corners: Image = { width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) };
  for (const [flips, wanted] of [
    ['none', ['1,2,3,4']],
    ['horizontal', ['1,2,3,4', '2,1,4,3']],
    ['all', ['1,2,3,4', '2,1,4,3', '3,4,1,2', '4,3,2,1', '1,3,2,4', '3,1,4,2', '2,4,1,3', '4,2,3,1']],
  ] as const) {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 1600; seed++) {
      const [square] = augment([corners], { size: 2, scale: [1, 1], flips }, createRandom(seed, ['flip']));
      const key = square.data.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()].sort(), [...wanted].sort());
    for (const count of counts.values()) assert.ok(Math.abs(count - 1600 / wanted.length) < 100, `${flips}: ${count}`);
  }
});

test('a picture too small for the square is continued by reflection', () => {
  const options = { size: 7, scale: [0.5, 1] as const, flips: 'none' as const };
  const [square] = augment([places(3, 1)], options, createRandom(1, []));
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6].map((x) => square.data[x * 3]),
    [0, 1, 2, 1, 0, 1, 2],
  );
  assert.ok(square.data.every((value, i) => i % 3 !== 1 || value === 0));
});

test('a picture too small for the factor is shrunk as far as possible', () => {
  const [square] = augment([places(12, 30)], { size: 8, scale: [0.1, 0.1], flips: 'none' }, createRandom(1, []));
  // Twelve columns onto eight: the mean over columns is that of the whole width.
  const columns = [...square.data].filter((_, i) => i % 3 === 0);
  assert.ok(Math.abs(columns.reduce((a, b) => a + b) / columns.length - 5.5) < 0.5);
});

test('pictures of different sizes are refused', () => {
  const options = { size: 2, scale: [1, 1] as const, flips: 'none' as const };
  assert.throws(
    () => augment([places(4, 4), places(4, 5)], options, createRandom(1, [])),
    /expected pictures of one size, 4x4, got 4x5/,
  );
});

test('texture is the mean absolute difference to the neighbours on the right and below', () => {
  const flat: Image = { width: 4, height: 3, channels: 3, data: new Uint8Array(36).fill(7) };
  assert.equal(texture(flat), 0);
  // Rows 0 10, 30 60: horizontally 10 and 30, vertically 30 and 50; the colours do not differ from each other.
  const data = Uint8Array.from([0, 10, 30, 60].flatMap((value) => [value, value, value]));
  assert.equal(texture({ width: 2, height: 2, channels: 3, data }), (10 + 30 + 30 + 50) / 4);
});

test('of several windows the one with the most texture in the first picture is taken', () => {
  // Three quarters sky on the left, a checked quarter on the right.
  const width = 64;
  const checked = Uint8Array.from({ length: width * 16 }, (_, i) =>
    i % width < 48 ? 200 : (Math.floor(i / width) + i) % 2 === 0 ? 40 : 90,
  );
  const picture: Image = { width, height: 16, channels: 1, data: checked };
  const options = { size: 8, scale: [1, 1], flips: 'all' } as const;
  const flatOf = (candidates: number): number => {
    let flat = 0;
    for (let seed = 0; seed < 600; seed++) {
      const [square, pair] = augment([picture, picture], { ...options, candidates }, createRandom(seed, ['texture']));
      assert.deepEqual(pair, square);
      if (texture(square) === 0) flat++;
    }
    return flat / 600;
  };
  // 41 of 57 windows are flat.
  for (const candidates of [1, 2, 4]) {
    const wanted = (41 / 57) ** candidates;
    assert.ok(Math.abs(flatOf(candidates) - wanted) < 0.05, `${flatOf(candidates)} of ${candidates}, not ${wanted}`);
  }
});

test('texture is that of the shrunk square, and the flips do not depend on the candidates', () => {
  // At full size the narrow stripes on the right have more texture; shrunk to half they are grey, and the wide ones win.
  const data = Uint8Array.from({ length: 32 * 8 }, (_, i) => 255 * (i % 32 < 16 ? (i >> 1) % 2 : i % 2));
  const picture: Image = { width: 32, height: 8, channels: 1, data };
  const square = (size: number, candidates: number, seed = 3) =>
    augment([picture], { size, scale: [size / 8, size / 8], flips: 'none', candidates }, createRandom(seed, []))[0];
  assert.ok(texture(square(8, 40)) > 200, 'narrow stripes');
  assert.ok(
    square(4, 40).data.every((value) => value === 0 || value === 255),
    'wide stripes',
  );
  // One window fits: whatever the number, the result is the same.
  const whole: Image = { ...picture, width: 8, data: data.subarray(0, 64) };
  for (let seed = 0; seed < 8; seed++) {
    const one = (candidates: number) =>
      augment([whole], { size: 8, scale: [1, 1], flips: 'all', candidates }, createRandom(seed, []))[0];
    assert.deepEqual(one(5), one(1));
  }
});

test('candidates that are no whole number from 1 are refused', () => {
  for (const candidates of [0, 1.5, Number.NaN]) {
    const options = { size: 2, scale: [1, 1] as const, flips: 'none' as const, candidates };
    assert.throws(
      () => augment([places(4, 4)], options, createRandom(1, [])),
      /candidates to be a whole number from 1/,
    );
  }
});
