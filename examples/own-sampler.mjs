/**
 * A sampler of one's own: Heun's method. The usual sampler (Eq. 12 of the paper) goes from one time to the next with the
 * residual and noise that the network finds at the first. Heun's method asks the network at both and goes with the mean.
 *
 *   node examples/own-sampler.mjs [photo.jpg [restored.png [STEPS]]]
 *
 * It works with any denoiser whose network sees the input: the network is asked, the mathematics is here.
 */
import {
  createNetworkDenoiser,
  createSchedule,
  filled,
  forwardFromInput,
  imageToTensor,
  interpretPrediction,
  normalTensor,
  padReflect,
  removePadding,
  reverseStep,
  samplingTimes,
  tensorToImage,
} from 'rddm';
import { openModel, openRuntime, readImage, writeImage } from 'rddm/node';

const [photo = 'examples/rain.jpg', restored = 'restored.png', steps = '2'] = process.argv.slice(2);

/** The mean of two tensors of one shape. */
const mean = (a, b) => ({ shape: a.shape, data: a.data.map((value, i) => (value + b.data[i]) / 2) });

/** The clean image that Heun's method finds for an input, [1, C, H, W] in [-1, 1]. */
async function heun(denoiser, input, count) {
  const { config } = denoiser;
  const schedule = createSchedule(config.schedule);
  /** Residual, noise and clean image that the network finds in a noisy image. */
  const estimateAt = async (time, noisy) => {
    const predicted = await denoiser.predict({ noisy, input, residualTime: time, noiseTime: time });
    return interpretPrediction({
      schedule,
      time,
      objective: config.objective,
      clip: 'reference',
      noisy,
      input,
      predicted,
    });
  };
  const times = samplingTimes(schedule.timesteps, count);
  // The start is the input with all of the noise.
  const noise = normalTensor(input.shape, 1, ['own sampler']);
  let noisy = forwardFromInput(schedule, times[0], { input, residual: filled(input.shape, 0), noise });
  for (const [i, nextTime] of times.slice(1).entries()) {
    const time = times[i];
    const here = await estimateAt(time, noisy);
    if (nextTime === -1) return here.clean;
    const step = { schedule, time, nextTime, eta: 0, noisy };
    const there = await estimateAt(nextTime, reverseStep({ ...step, residual: here.residual, noise: here.noise }));
    const [residual, noiseOfBoth] = [mean(here.residual, there.residual), mean(here.noise, there.noise)];
    noisy = reverseStep({ ...step, residual, noise: noiseOfBoth });
  }
}

const runtime = openRuntime('cpu');
const { config, weights } = await openModel('derain');
const denoiser = createNetworkDenoiser(runtime, config, weights);
// The U-Net halves a picture three times; mirrored edges make its sides divisible.
const { padded, placed } = padReflect(imageToTensor(await readImage(photo)), 8, 8);
const clean = await heun(denoiser, padded, Number(steps));
await writeImage(restored, tensorToImage(removePadding(clean, placed)));
await denoiser.release();
await runtime.close();
