import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { inpaint } from './inpaint.ts';

const image: Image = {
  width: 40,
  height: 30,
  channels: 3,
  data: Uint8Array.from({ length: 3600 }, (_, i) => (i * 7) % 100),
};
const holed = (settings: object, seed = 1) => {
  const { image: degraded, mask } = inpaint.apply(image, inpaint.schema.parse(settings), createRandom(seed, ['hole']));
  assert.ok(mask);
  return { degraded, mask };
};
const share = ({ data }: Image): number => data.filter((value) => value === 255).length / data.length;

test('known pixels keep their bytes, and the hole is grey', () => {
  for (const hole of ['centre', 'irregular']) {
    const { degraded, mask } = holed({ hole });
    for (let i = 0; i < image.data.length; i++) {
      assert.ok(mask.data[i] === 0 || mask.data[i] === 255);
      assert.equal(degraded.data[i], mask.data[i] === 255 ? 128 : image.data[i]);
    }
  }
});

test('the hole in the middle has the sides asked for', () => {
  const { mask } = holed({ hole: 'centre', side: 0.5 });
  const white = [...mask.data.keys()].filter((i) => i % 3 === 0 && mask.data[i] === 255).map((i) => i / 3);
  assert.equal(white.length, 20 * 15);
  assert.deepEqual([white[0] % 40, Math.floor(white[0] / 40)], [10, 7]);
  assert.deepEqual([white[299] % 40, Math.floor(white[299] / 40)], [29, 21]);
});

test('strokes cover at least the area asked for and leave something', () => {
  for (let seed = 0; seed < 10; seed++) {
    for (const area of [0.05, 0.3, 0.6]) {
      const covered = share(holed({ area }, seed).mask);
      assert.ok(covered >= area && covered < area + 0.3, `${covered} for ${area}`);
    }
  }
  assert.deepEqual(holed({}, 4), holed({}, 4));
  assert.notDeepEqual(holed({}, 4).mask, holed({}, 5).mask);
});
