import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Image, tensorToImage } from '../data/image.ts';
import { normalTensor } from '../math/random.ts';
import type { Tensor } from '../math/tensor.ts';
import { meanOf } from './finding.ts';
import { startColour } from './start-colour.ts';

const batch = (seed: number, count = 40): Tensor => normalTensor([count, 3, 8, 8], seed, ['start']);
const imagesOf = (noise: Tensor, scale = 0.3): Image[] => {
  const faint = { ...noise, data: noise.data.map((value) => value * scale) };
  return Array.from({ length: noise.shape[0] }, (_, at) => tensorToImage(faint, at));
};

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
