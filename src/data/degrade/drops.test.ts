import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { drops } from './drops.ts';

const plain = (side: number, value: number): Image => ({
  width: side,
  height: side,
  channels: 3,
  data: new Uint8Array(side * side * 3).fill(value),
});
const wet = (image: Image, settings: object, seed = 1): Image =>
  drops.apply(image, drops.schema.parse(settings), createRandom(seed, ['drops'])).image;
/** Bright above, dark below. */
const landscape: Image = {
  ...plain(96, 0),
  data: Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => (i < 48 * 96 * 3 ? 230 : 40)),
};

test('only pixels under drops change; in an even scene only the rims', () => {
  // In an even picture, drops with sharp rims are visible only by their darkness.
  const without = wet(plain(96, 150), { rim: 0, defocus: 0 });
  assert.ok(without.data.every((value) => value === 150));
  const rims = wet(plain(96, 150), { rim: 0.8, defocus: 0 });
  assert.ok(rims.data.every((value) => value <= 150) && rims.data.some((value) => value < 110));
  const soft = { rim: 0.5, defocus: 4, radius: 10 };
  const count = (image: Image, of: Image) => image.data.filter((value, i) => value !== of.data[i]).length;
  assert.ok(count(wet(plain(96, 150), soft), plain(96, 150)) < 0.6 * 96 * 96 * 3);
  assert.deepEqual(wet(landscape, { cover: 0 }), landscape);
});

test('drops show the scene upside down and left to right', () => {
  for (const step of [1, 96]) {
    // Brighter along x, or along y; drops see 24 pixels far, so from the middle they do not reach the border.
    const place = (pixel: number) => (step === 1 ? pixel % 96 : Math.floor(pixel / 96));
    const ramp = { ...plain(96, 0), data: Uint8Array.from({ length: 27648 }, (_, i) => 40 + 2 * place((i / 3) | 0)) };
    let [falling, rising] = [0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const { data } = wet(ramp, { rim: 0, defocus: 0, cover: 0.1, radius: 8, field: 3 }, seed);
      const isWet = (pixel: number) => data[pixel * 3] !== ramp.data[pixel * 3];
      for (let pixel = 0; pixel < 96 * 96; pixel++) {
        if (place(pixel) < 26 || place(pixel) > 69 || !isWet(pixel) || !isWet(pixel + step)) continue;
        if (data[(pixel + step) * 3] < data[pixel * 3]) falling++;
        else rising++;
      }
    }
    // Where pieces merge, the water between them is concave and inverts nothing.
    assert.ok(falling > 100 && falling > 2 * rising, `${falling} fall, ${rising} rise`);
  }
});

test('the area under drops is about the one asked for', () => {
  const black = plain(300, 255);
  for (const cover of [0.05, 0.2]) {
    let changed = 0;
    for (let seed = 0; seed < 4; seed++) {
      // A rim that absorbs all light reveals the whole drop except its middle.
      changed += wet(black, { cover, rim: 1, defocus: 0, radius: 10 }, seed).data.filter((value) => value < 255).length;
    }
    const share = changed / (4 * black.data.length);
    assert.ok(share > 0.5 * cover && share < 1.3 * cover, `${share} for ${cover}`);
  }
});

test('the same seed gives the same drops, for any size of picture', () => {
  assert.deepEqual(wet(landscape, {}, 5), wet(landscape, {}, 5));
  assert.notDeepEqual(wet(landscape, {}, 5), wet(landscape, {}, 6));
  wet(plain(1, 9), { cover: 0.8 });
});
