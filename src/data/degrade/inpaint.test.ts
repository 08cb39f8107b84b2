import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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

test('the hole in the middle has the given sides', () => {
  const { mask } = holed({ hole: 'centre', side: 0.5 });
  const white = [...mask.data.keys()].filter((i) => i % 3 === 0 && mask.data[i] === 255).map((i) => i / 3);
  assert.equal(white.length, 20 * 15);
  assert.deepEqual([white[0] % 40, Math.floor(white[0] / 40)], [10, 7]);
  assert.deepEqual([white[299] % 40, Math.floor(white[299] / 40)], [29, 21]);
});

test('strokes cover at least the given area, and not everything', () => {
  for (let seed = 0; seed < 10; seed++) {
    for (const area of [0.05, 0.3, 0.6]) {
      const covered = share(holed({ area }, seed).mask);
      assert.ok(covered >= area && covered < area + 0.3, `${covered} for ${area}`);
    }
  }
  assert.deepEqual(holed({}, 4), holed({}, 4));
  assert.notDeepEqual(holed({}, 4).mask, holed({}, 5).mask);
});

test('pictures of a few pixels get strokes too', () => {
  // In its own process, which can be ended: strokes that never cover a pixel would be drawn for ever.
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const code = `import { inpaint } from ${url('inpaint.ts')};
    import { createRandom } from ${url('../../math/random.ts')};
    for (const [width, height] of [[1, 1], [1, 40], [2, 2], [40, 2], [3, 3], [5, 7], [7, 7]]) {
      const image = { width, height, channels: 1, data: new Uint8Array(width * height) };
      const settings = inpaint.schema.parse({ area: 0.9 });
      for (let seed = 0; seed < 20; seed++) {
        const { mask } = inpaint.apply(image, settings, createRandom(seed, ['small']));
        if (mask.data.filter((value) => value === 255).length < 0.9 * width * height) process.exit(1);
      }
    }`;
  const options = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const { status, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 15_000 });
  assert.equal(status, 0, stderr);
});
