import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { meanOf } from './finding.ts';
import { scorePictures as score } from './scores.ts';
import { contactSheet, squaresOf } from './sheet.ts';

const square = (value: (x: number, y: number) => number, side = 12): Image => ({
  width: side,
  height: side,
  channels: 3,
  data: Uint8Array.from({ length: side * side * 3 }, (_, i) =>
    value(Math.floor(i / 3) % side, Math.floor(i / 3 / side)),
  ),
});
const means = { runtime: createReferenceRuntime(), signal: new AbortController().signal };
const scorePictures = (metrics: Parameters<typeof score>[0], pictures: Parameters<typeof score>[1]) =>
  score(metrics, pictures, means);
const flat = (value: number) => square(() => value);

describe('scores of pictures', () => {
  it('against ground truth, one per picture; equal pictures count as 99 dB', async () => {
    const { psnr, ssim } = await scorePictures(['psnr', 'ssim'], {
      pictures: [flat(110), flat(50)],
      clean: [flat(100), flat(50)],
    });
    assert.deepEqual(
      psnr.map((value) => value.toFixed(2)),
      ['28.13', '99.00'],
    );
    assert.equal(ssim[1], 1);
  });

  it('errors are not capped as decibels are', async () => {
    const { labMae } = await scorePictures(['labMae'], { pictures: [flat(255)], clean: [flat(0)] });
    assert.ok(labMae[0] > 99.5);
  });

  it('spread is the distance from the mean picture', async () => {
    assert.deepEqual((await scorePictures(['spread'], { pictures: [flat(90), flat(110)] })).spread, [10, 10]);
    assert.deepEqual((await scorePictures(['spread'], { pictures: [flat(90), flat(90)] })).spread, [0, 0]);
  });

  it('spread of colours is that of whole pictures, over all channels alike, and ignores their content', async () => {
    const colour = (...values: number[]): Image => ({ ...flat(0), data: flat(0).data.map((_, i) => values[i % 3]) });
    const spreadOf = async (...pictures: Image[]) => (await scorePictures(['colourSpread'], { pictures })).colourSpread;
    assert.deepEqual(await spreadOf(colour(90, 50, 7), colour(110, 70, 27)), [10, 10]);
    const [one] = await spreadOf(colour(90, 50, 7), colour(110, 50, 7));
    assert.ok(Math.abs(one - 10 / Math.sqrt(3)) < 1e-9);
    assert.deepEqual(
      await spreadOf(
        square((x) => (x < 6 ? 0 : 100)),
        flat(50),
      ),
      [0, 0],
    );
  });

  it('sharpness is the mean step between neighbouring pixels', async () => {
    // A step of 1 along x, of 2 along y.
    assert.deepEqual(
      (await scorePictures(['sharpness'], { pictures: [square((x, y) => x + 2 * y)] })).sharpness,
      [1.5],
    );
    assert.deepEqual((await scorePictures(['sharpness'], { pictures: [flat(7)] })).sharpness, [0]);
  });

  describe('agreement with the pictures of another series', () => {
    const other = [square((x) => x), square((_, y) => 2 * y), square((x, y) => (x * y) % 9)];
    const agreement = async (pictures: Image[]) =>
      (await scorePictures(['agreement'], { pictures, other })).agreement.map((value) => Number(value.toFixed(6)));

    it('is 1 for the same pictures, also brighter and with less contrast', async () => {
      assert.deepEqual(await agreement(other), [1, 1, 1]);
      assert.deepEqual(
        await agreement(other.map((one) => ({ ...one, data: one.data.map((value) => 10 + 2 * value) }))),
        [1, 1, 1],
      );
    });

    it('is 0 for a series that repeats one picture, and below 1 for other pictures', async () => {
      assert.deepEqual(await agreement([flat(9), flat(9), flat(9)]), [0, 0, 0]);
      for (const value of await agreement([other[1], other[2], other[0]])) assert.ok(value < 0.9, `${value}`);
    });
  });

  it('outside holes, the pixels inside do not count', async () => {
    const hole = square((x) => (x < 6 ? 255 : 0));
    const { psnr, psnrOutside } = await scorePictures(['psnr', 'psnrOutside'], {
      pictures: [square((x) => (x < 6 ? 200 : 100))],
      clean: [flat(100)],
      masks: [hole],
    });
    assert.ok(psnr[0] < 12);
    assert.equal(psnrOutside[0], 99);
    await assert.rejects(
      scorePictures(['psnrOutside'], { pictures: [flat(1)], clean: [flat(1)] }),
      /expected masks for each of 1 pictures, got none/,
    );
  });

  it('inside holes, the distance from another series counts only the pixels there', async () => {
    const scored = {
      pictures: [square((x) => (x < 6 ? 103 : 250)), flat(9)],
      other: [square((x) => (x < 6 ? 99 : 0)), flat(9)],
      masks: [square((x) => (x < 6 ? 255 : 0)), flat(0)],
    };
    assert.deepEqual((await scorePictures(['distanceInside'], scored)).distanceInside, [4, 0]);
    await assert.rejects(
      scorePictures(['distanceInside'], { ...scored, masks: undefined }),
      /expected masks for each of 2 pictures, got none/,
    );
  });

  it('the distance of sets is near 0 for pictures of the same kind, and larger for others', async () => {
    const drawn = (seed: number, level: number) => {
      const random = createRandom(seed, ['pictures']);
      return Array.from({ length: 20 }, () => square(() => level + random.integer(60), 8));
    };
    const [reference, alike, other] = [drawn(1, 60), drawn(2, 60), drawn(3, 120)];
    const distance = async (pictures: Image[]) => meanOf((await scorePictures(['rfd'], { pictures, reference })).rfd);
    assert.ok((await distance(other)) > 5 * Math.abs(await distance(alike)));
  });

  it('refuses a comparison with missing pictures', async () => {
    const expectedTruth = /experiment: expected ground truth for each of 1 pictures, got none/;
    await assert.rejects(scorePictures(['psnr'], { pictures: [flat(1)] }), expectedTruth);
    await assert.rejects(scorePictures(['rfd'], { pictures: [flat(1)] }), /at least 20 pictures/);
  });
});

describe('a sheet', () => {
  for (const count of [1, 9, 10, 23]) {
    it(`of ${count} squares returns them`, () => {
      const squares = Array.from({ length: count }, (_, i) => square((x, y) => (i * 7 + x + y) % 256, 4));
      assert.deepEqual(squaresOf(contactSheet(squares), count), squares);
    });
  }

  it('with another number is refused', () => {
    assert.throws(() => squaresOf(contactSheet([flat(1), flat(2)]), 30), /expected a sheet of 30 squares, got 24x12/);
  });
});
