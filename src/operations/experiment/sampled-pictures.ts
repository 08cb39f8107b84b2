/**
 * A model's pictures from a setting's held-out pictures (or from noise alone) with given sampling settings: sampled
 * once, then kept as a sheet of squares named by everything that determines it.
 */
import type { Image } from '../../data/image.ts';
import { type Json, merged } from '../../experiment/canonical.ts';
import type { Setting } from '../../experiment/experiment.ts';
import { contactSheet, squaresOf } from '../../experiment/sheet.ts';
import { type ModelConfig, modelConfig } from '../../model/config.ts';
import { createNetworkDenoiser } from '../../sample/network-denoiser.ts';
import { sampleFinal } from '../../sample/sampler.ts';
import { type HeldPictures, imagesOf } from './held-pictures.ts';
import { type ExperimentMeans, keyOf, picturesName } from './place.ts';
import { modelOf, type ReadyModel } from './trained-models.ts';

/** What to sample. */
export interface SamplingJob {
  readonly model: ReadyModel;
  readonly setting: Setting;
  readonly held: HeldPictures;
  /** Changes to the model's sampling settings. */
  readonly sampling: Json;
  /** The number of the noise: jobs with the same number get the same noise. */
  readonly noise: number;
}

/** Finished pictures, for progress. */
export interface SamplingProgress {
  readonly kind: 'sampling';
  readonly done: number;
  readonly of: number;
}

/** The model's configuration with other sampling settings. */
const sampledAs = (config: ModelConfig, sampling: Json): ModelConfig =>
  modelConfig({ ...config, sampling: merged(config.sampling as Json, sampling) as ModelConfig['sampling'] });

/** Finds or samples the pictures, one per held-out square. */
export async function* sampledPictures(
  { model, setting, held, sampling, noise }: SamplingJob,
  { place, host, runtime, signal }: ExperimentMeans,
): AsyncGenerator<SamplingProgress, Image[]> {
  const { batches, identity } = held;
  const count = batches.reduce((sum, { clean }) => sum + clean.shape[0], 0);
  const key = await keyOf({ model: model.key, sampling, held: identity, ...(noise > 0 && { noise }) });
  const name = picturesName(key);
  const kept = await place.store.read(name);
  if (kept) return squaresOf(await host.decode(kept, name), count);
  const { config: own, weights } = modelOf(model);
  const config = sampledAs(own, sampling);
  const network = createNetworkDenoiser(runtime, own, weights);
  const pictures: Image[] = [];
  try {
    for (const [index, { clean, input, mask }] of batches.entries()) {
      const seed = setting.held.seed * 1000 + index + 1_000_000 * noise;
      const seen = config.condition === 'input-and-mask' ? mask : undefined;
      const options = { input, mask: seen, shape: clean.shape, seed, signal };
      pictures.push(...imagesOf(await sampleFinal({ ...network, config }, options)));
      yield { kind: 'sampling', done: pictures.length, of: count };
    }
  } finally {
    await network.release();
  }
  await place.store.write(name, await host.encode(contactSheet(pictures), 'png'));
  return pictures;
}
