import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Image, tensorToImage } from '../data/image.ts';
import { normalTensor } from '../math/random.ts';
import type { Tensor } from '../math/tensor.ts';
import { colourSpread, startColour } from './colour.ts';
import { meanOf } from './finding.ts';

const batch = (seed: number, count = 40): Tensor => normalTensor([count, 3, 8, 8], seed, ['start']);
const imagesOf = (noise: Tensor, scale = 0.3): Image[] => {
  const faint = { ...noise, data: noise.data.map((value) => value * scale) };
  return Array.from({ length: noise.shape[0] }, (_, at) => tensorToImage(faint, at));
};

describe('how different colours are', () => {
  const flat = (...colour: number[]): Image => ({
    width: 4,
    height: 2,
    channels: 3,
    data: Uint8Array.from({ length: 24 }, (_, i) => colour[i % 3]),
  });

  it('is the distance from the mean colour', () => {
    assert.deepEqual(colourSpread([flat(90, 50, 7), flat(110, 70, 27)]), [10, 10]);
    assert.deepEqual(colourSpread([flat(90, 50, 7), flat(90, 50, 7)]), [0, 0]);
  });

  it('counts channels alike', () => {
    const [one] = colourSpread([flat(90, 50, 7), flat(110, 50, 7)]);
    assert.ok(Math.abs(one - 10 / Math.sqrt(3)) < 1e-9);
  });

  it('knows nothing of what pictures show', () => {
    const dark = { ...flat(0, 0, 0), data: Uint8Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 100)) };
    assert.deepEqual(colourSpread([dark, flat(50, 50, 50)]), [0, 0]);
  });
});

describe('colour of the starting noise', () => {
  it('is 1 for the noise itself, whatever its contrast and whatever all pictures share', () => {
    const noise = batch(1);
    assert.ok(meanOf(startColour(imagesOf(noise), [noise])) > 0.99);
    assert.ok(meanOf(startColour(imagesOf(noise, 0.1), [noise])) > 0.99);
    const warm = imagesOf(noise, 0.1).map((one) => ({ ...one, data: one.data.map((v, i) => v + (i % 3 ? 0 : 40)) }));
    assert.ok(meanOf(startColour(warm, [noise])) > 0.99);
  });

  it('is -1 for its negative and near 0 for other noise', () => {
    const noise = batch(1);
    assert.ok(meanOf(startColour(imagesOf(noise, -0.3), [noise])) < -0.99);
    assert.ok(Math.abs(meanOf(startColour(imagesOf(batch(2)), [noise]))) < 0.3);
  });

  it('takes the noise in batches, and is 0 for pictures of one colour', () => {
    const noises = [batch(1, 3), batch(2, 5)];
    const pictures = noises.flatMap((noise) => imagesOf(noise));
    assert.ok(meanOf(startColour(pictures, noises)) > 0.99);
    assert.deepEqual(startColour(new Array(8).fill(pictures[0]), noises), new Array(8).fill(0));
  });
});
