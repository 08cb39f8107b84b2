import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { linearOf8Bit } from './linear-light.ts';
import { shadow } from './shadow.ts';

const plain = (side: number, value: number, channels: 1 | 3 = 3): Image => ({
  width: side,
  height: side,
  channels,
  data: new Uint8Array(side * side * channels).fill(value),
});
const cast = (image: Image, seed: number, settings: Parameters<typeof shadow.schema.parse>[0] = {}) => {
  const { image: dark, mask } = shadow.apply(image, shadow.schema.parse(settings), createRandom(seed, ['shadow']));
  assert.ok(mask);
  return { dark, mask };
};
/** Whether a mask is white within a distance of a pixel. */
function isNear({ width, height, channels, data }: Image, pixel: number, distance: number): boolean {
  const [x0, y0] = [pixel % width, Math.floor(pixel / width)];
  for (let y = Math.max(0, y0 - distance); y <= Math.min(height - 1, y0 + distance); y++) {
    for (let x = Math.max(0, x0 - distance); x <= Math.min(width - 1, x0 + distance); x++) {
      if (data[(y * width + x) * channels] > 0) return true;
    }
  }
  return false;
}

test('a shadow only darkens, and only in the mask and its soft edge', () => {
  for (let seed = 0; seed < 12; seed++) {
    const image = plain(64, 180);
    const { dark, mask } = cast(image, seed, { shape: seed % 2 ? 'lump' : 'corners', penumbra: 3, spread: 2 });
    assert.ok(dark.data.every((value, i) => value <= image.data[i]));
    for (let pixel = 0; pixel < 64 * 64; pixel++) {
      // The widest edge is 2 · 3 pixels, half of which lies outside the mask.
      if (dark.data[pixel * 3] < 180) assert.ok(isNear(mask, pixel, 4), `pixel ${pixel} of seed ${seed}`);
    }
  }
});

test('the mask is black and white, and darker inside than outside', () => {
  const { dark, mask } = cast(plain(96, 200), 2, { shape: 'tree', size: 1 });
  assert.deepEqual([...new Set(mask.data)].sort(), [0, 255]);
  const mean = (inside: 0 | 255) => {
    const values = [...dark.data].filter((_, i) => mask.data[i] === inside);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  assert.ok(mean(255) < 0.8 * mean(0), `${mean(255)} against ${mean(0)}`);
});

test('the middle keeps the given share of the light, and more of the blue', () => {
  const { dark } = cast(plain(64, 255), 5, { shape: 'corners', size: 2, light: 0.3, blue: 0.4, penumbra: 1 });
  const darkest = [0, 1, 2].map((channel) => Math.min(...dark.data.filter((_, i) => i % 3 === channel)));
  for (const [channel, wanted] of [0.24, 0.3, 0.36].entries()) {
    assert.ok(Math.abs(linearOf8Bit[darkest[channel]] - wanted) < 0.005, `${darkest}`);
  }
  const grey = cast(plain(64, 255, 1), 5, { shape: 'corners', size: 2, light: 0.3, penumbra: 1 });
  assert.equal(grey.mask.channels, 1);
  assert.ok(Math.abs(linearOf8Bit[Math.min(...grey.dark.data)] - 0.3) < 0.005);
});

test('a wider penumbra is softer', () => {
  // The pixels neither in full light nor in full shadow lie along the edge, over its width.
  const soft = (penumbra: number) => {
    const { data } = cast(plain(96, 220, 1), 4, { shape: 'lump', penumbra, spread: 1, light: 0.3 }).dark;
    const darkest = Math.min(...data);
    return data.filter((value) => value > darkest + 5 && value < 215).length;
  };
  assert.ok(soft(20) > 2 * soft(4) && soft(4) > 1.5 * soft(2), `${[2, 4, 20].map(soft)}`);
});

test('bytes depend on the seed, for every shape and any size of picture', () => {
  for (const shape of ['lump', 'corners', 'tree'] as const) {
    const image: Image = { ...plain(1, 0), width: 31, height: 7, data: new Uint8Array(31 * 7 * 3).fill(99) };
    assert.deepEqual(cast(image, 1, { shape }), cast(image, 1, { shape }));
  }
  assert.notDeepEqual(cast(plain(64, 99), 1).mask, cast(plain(64, 99), 2).mask);
  cast(plain(1, 50), 1);
});
