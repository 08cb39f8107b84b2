/** The sources that draw inputs at random: holes of random masks, and pictures of another domain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../math/random.ts';
import { type ExamplePlan, exampleMaker, type InputSource } from './example.ts';
import { withHole } from './hole.ts';
import type { Image } from './image.ts';

/** `clean-9` is 24x20 of value 9; `mask-0` is white on its left half, `mask-1` on its right. */
const read = async (path: string, channels: 1 | 3): Promise<Image> => {
  const [kind, number] = path.split('-');
  const [width, height] = kind === 'mask' ? [32, 32] : [24, 20];
  const white = (at: number): boolean => Math.floor(at / channels) % width < 16 === (number === '0');
  const data = Uint8Array.from({ length: width * height * channels }, (_, at) =>
    kind === 'mask' ? (white(at) ? 255 : 0) : Number(number),
  );
  return { width, height, channels, data };
};
const item = { name: '9', clean: 'clean-9' };
const streams = (seed: number) => (name: string) => createRandom(seed, [name]);
const planOf = (source: InputSource): ExamplePlan => ({
  source,
  augment: { size: 8, scale: [0.5, 1], flips: 'horizontal' },
  preprocess: 'none',
  channels: 3,
});

test('a hole has the shape of one of the masks, which comes with it', async () => {
  const make = exampleMaker(planOf({ kind: 'masked', masks: ['mask-0', 'mask-1'] }), read);
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const { clean, input, mask } = await make(item, streams(seed));
    assert.deepEqual([mask!.width, mask!.height, mask!.channels], [8, 8, 3]);
    assert.deepEqual(input, withHole(clean, mask!));
    assert.equal(mask!.data.filter((value) => value === 255).length, 8 * 4 * 3, 'half of the square, like the mask');
    seen.add(mask!.data.join());
    assert.deepEqual(await make(item, streams(seed)), { clean, input, mask });
  }
  assert.equal(seen.size, 4, 'left, right, top and bottom halves');
});

test('an unpaired input is any picture of the other domain', async () => {
  const make = exampleMaker(planOf({ kind: 'unpaired', pictures: ['cat-1', 'cat-2', 'cat-3'] }), read);
  const seen = new Set<number>();
  for (let seed = 0; seed < 30; seed++) {
    const { clean, input, mask } = await make(item, streams(seed));
    assert.equal(mask, undefined);
    assert.ok(clean.data.every((value) => value === 9));
    assert.ok(input!.data.every((value) => value === input!.data[0]));
    seen.add(input!.data[0]);
    assert.deepEqual(await make(item, streams(seed)), { clean, input });
  }
  assert.deepEqual([...seen].sort(), [1, 2, 3]);
});
