/**
 * Restores one picture.
 *
 *   node examples/restore-file.mjs [photo.jpg [restored.png [MODEL]]]
 *
 * MODEL is a model directory or the name of a model that ships; by default the one that removes rain.
 */
import { createNetworkDenoiser, restoreImage } from 'rddm';
import { openModel, openRuntime, readImage, writeImage } from 'rddm/node';

const [photo = 'examples/rain.jpg', restored = 'restored.png', name] = process.argv.slice(2);

const runtime = openRuntime('cpu');
const { config, weights } = await openModel(name);
const denoiser = createNetworkDenoiser(runtime, config, weights);
try {
  // Each event holds the picture as it is after a step; that of the last step is the result.
  for await (const { step, steps, image } of restoreImage(denoiser, await readImage(photo), { seed: 1 })) {
    console.log(`step ${step} of ${steps}`);
    if (step === steps) await writeImage(restored, image);
  }
} finally {
  await denoiser.release();
  await runtime.close();
}
