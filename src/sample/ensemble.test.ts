import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../data/image.ts';
import { symmetries, turned } from '../data/symmetry.ts';
import { createRandom } from '../math/random.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { restorePictures } from '../operations/restore.ts';
import type { Denoiser, DenoiserRequest } from './denoiser.ts';
import { type RestoreOptions, restoreImage } from './restore.ts';

function picture(width: number, height: number, channels: 1 | 3 = 3): Image {
  const random = createRandom(0, ['ensemble test']);
  const data = Uint8Array.from({ length: width * height * channels }, () => 60 + random.integer(120));
  return { width, height, channels, data };
}

/** Predicts a residual from what it sees; without noise, the result is input minus residual. */
function denoiserOf(residual: (request: DenoiserRequest) => Tensor, condition: 'input' | 'input-and-mask' = 'input') {
  const config = modelConfig({ sampling: { steps: 2 }, schedule: { noiseStrength: 0 }, condition });
  return { config, predict: async (request: DenoiserRequest) => ({ residual: residual(request) }) } satisfies Denoiser;
}

async function restored(denoiser: Denoiser, image: Image, options: RestoreOptions = {}): Promise<number[]> {
  let last: Image | undefined;
  for await (const event of restoreImage(denoiser, image, options)) last = event.image;
  assert.deepEqual([last?.width, last?.height, last?.channels], [image.width, image.height, image.channels]);
  return [...(last as Image).data];
}

/** A residual that depends on each value alone, whatever its place: equivariant. */
const pointwise = ({ input }: DenoiserRequest): Tensor => ({
  shape: (input as Tensor).shape,
  data: (input as Tensor).data.map((value) => 0.3 * value * value),
});

/** A residual that grows from left to right, and sees the colour: not equivariant. */
function sideways({ noisy: { shape }, input }: DenoiserRequest): Tensor {
  const result = filled(shape, 0);
  const width = shape[3];
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = ((i % width) / width) * 0.4 + 0.05 * (input as Tensor).data[i];
  }
  return result;
}

test('a network that is equivariant restores the same picture with an ensemble', async () => {
  for (const image of [picture(9, 14), picture(1, 5), picture(16, 16), picture(10, 7, 1)]) {
    const denoiser = denoiserOf(pointwise);
    assert.deepEqual(await restored(denoiser, image, { ensemble: 'symmetries' }), await restored(denoiser, image));
  }
});

test('any other network: the mean of the eight turned pictures, restored and turned back by hand', async () => {
  const image = picture(10, 6);
  const denoiser = denoiserOf(sideways);
  const sum = new Float64Array(image.data.length);
  for (const symmetry of symmetries) {
    const given = turned(image, symmetry);
    const part = await restored(denoiser, given);
    // Turned back by where each pixel of the picture lies in the turned one.
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const [u, v] = symmetry.transpose ? [y, x] : [x, y];
        const column = symmetry.mirrorX ? given.width - 1 - u : u;
        const row = symmetry.mirrorY ? given.height - 1 - v : v;
        for (let c = 0; c < 3; c++) sum[(y * image.width + x) * 3 + c] += part[(row * given.width + column) * 3 + c];
      }
    }
  }
  const together = await restored(denoiser, image, { ensemble: 'symmetries' });
  // By hand each part is rounded to 8 bits before the mean, which moves it by half a step at most, and so is the mean.
  together.forEach((value, i) => {
    assert.ok(Math.abs(value - sum[i] / 8) <= 1);
  });
  assert.notDeepEqual(together, await restored(denoiser, image));
});

test('the mean is taken before rounding: eight parts of 100.25 to 100.75 are not eight times 100', async () => {
  const image: Image = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(100) };
  // Five of the calls find nothing, three find 1.4 levels: 100 and 99 (98.6) by themselves, 99.475 on average.
  let call = 0;
  const denoiser = denoiserOf(({ noisy }) => filled(noisy.shape, Math.floor(call++ / 2) < 3 ? 1.4 / 127.5 : 0));
  assert.deepEqual(await restored(denoiser, image, { ensemble: 'symmetries' }), new Array(16).fill(99));
  // Rounded first, the mean would be (3 * 99 + 5 * 100) / 8 = 99.6, which is 100.
});

test('the mask turns with the picture', async () => {
  const image = picture(12, 6);
  const mask: Image = { width: 12, height: 6, channels: 1, data: new Uint8Array(72).fill(255, 3, 20) };
  const inMask = ({ mask: seen }: DenoiserRequest): Tensor => ({
    shape: (seen as Tensor).shape,
    data: (seen as Tensor).data.map((value) => 0.2 * value),
  });
  const denoiser = denoiserOf(inMask, 'input-and-mask');
  const whole = await restored(denoiser, image, { mask, ensemble: 'symmetries' });
  assert.deepEqual(whole, await restored(denoiser, image, { mask }));
  assert.ok(whole.some((value, i) => value !== image.data[i]));
  // Outside of the mask nothing changed.
  assert.ok(whole.every((value, i) => mask.data[Math.floor(i / 3)] === 255 || value === image.data[i]));
});

test('the steps count through all orientations, each picture upright, and an abort stops between two', async () => {
  const image = picture(9, 5);
  const seen: [number, number, number, number][] = [];
  const ensemble = 'symmetries';
  const denoiser = denoiserOf(sideways);
  for await (const { step, steps, image: now } of restoreImage(denoiser, image, { ensemble })) {
    seen.push([step, steps, now.width, now.height]);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 17 }, (_, step) => [step, 16, 9, 5]),
  );
  const controller = new AbortController();
  let last = -1;
  const run = async () => {
    for await (const { step } of restoreImage(denoiser, image, { ensemble, signal: controller.signal })) {
      last = step;
      if (step === 11) controller.abort();
    }
  };
  await assert.rejects(run(), { name: 'AbortError' });
  assert.equal(last, 11);
});

test('an ensemble that there is not, and the steps of several restorations, are refused', async () => {
  const denoiser = denoiserOf(pointwise);
  await assert.rejects(restored(denoiser, picture(4, 4), { ensemble: 'flips' as 'none' }), {
    message: 'restoreImage: expected ensemble none or symmetries, got flips',
    field: 'ensemble',
  });
  const input = { name: 'a', read: async () => picture(4, 4) };
  const job = { input, steps: [{ write: async () => {} }] };
  await assert.rejects(restorePictures(denoiser, [job], { ensemble: 'symmetries' }).next(), {
    message: 'restore: expected one restoration, to write its steps, got an ensemble; leave out one of them',
    field: 'ensemble',
  });
});
