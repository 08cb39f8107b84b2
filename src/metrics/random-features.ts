/**
 * The random-feature Fréchet distance (RFD): the Fréchet distance in the feature space of an untrained network. It is
 * not the FID, and its numbers cannot be compared with any FID. It needs no download, is the same on every machine, and
 * orders sets of pictures of one kind and size by how much their textures, colours and diversity differ.
 */
import type { Image } from '../data/image.ts';
import { feed } from '../graph/build.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { initialWeights, recordParameters } from '../nn/parameters.ts';
import { randomFeatureNetwork } from '../nn/random-features.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createFeatureReader, type FeatureNetwork, joined } from './feature-reader.ts';
import { pictureBatch } from './picture-batch.ts';

/** Pictures per run. */
const BATCH = 32;

/** The seed of the network's weights; another seed would be another metric. */
const SEED = 1;

const network: FeatureNetwork = (x, parameters) => ({ features: randomFeatureNetwork(x, parameters) });

const randomWeights = () =>
  initialWeights(
    recordParameters((parameters) => network(feed('pictures', [1, 3, 8, 8]), parameters)),
    SEED,
  );

/** Computes features batch by batch; release it when done. */
export interface RandomFeatureReader {
  /**
   * @param images from one to the batch size, all of the size of the first picture ever read; gives features [n, 323]
   */
  read(images: readonly Image[]): Promise<Tensor>;
  release(): Promise<void>;
}

/** Opens the network on a runtime, with `batchSize` pictures per run. */
export function createRandomFeatureReader(runtime: Runtime, batchSize: number = BATCH): RandomFeatureReader {
  const reader = createFeatureReader(runtime, network, randomWeights(), batchSize);
  let first: Image | undefined;
  return {
    async read(images) {
      first ??= images[0];
      const batch = pictureBatch(images, 'randomFeatures', first);
      return (await reader.read(batch)).features;
    },
    release: reader.release,
  };
}

/**
 * The features of the random-feature Fréchet distance.
 *
 * @param images 8-bit sRGB or grey (a grey one counts as R = G = B), all of one size, at least 8×8
 * @returns [pictures, 323]
 * @throws RddmError if there is no picture, sizes differ, or a side is shorter than 8; the reason of `signal` if it
 *   aborts
 *
 * @example
 * ```ts
 * import { randomFeatures } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const grey = { width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64).fill(90) };
 * assert.deepEqual((await randomFeatures(createReferenceRuntime(), [grey])).shape, [1, 323]);
 * ```
 */
export async function randomFeatures(
  runtime: Runtime,
  images: readonly Image[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Tensor> {
  if (images.length === 0) throw expected('randomFeatures', 'at least one picture', 'none');
  const size = Math.min(BATCH, images.length);
  const reader = createRandomFeatureReader(runtime, size);
  try {
    const parts: Tensor[] = [];
    for (let start = 0; start < images.length; start += size) {
      signal?.throwIfAborted();
      parts.push(await reader.read(images.slice(start, start + size)));
    }
    return joined(parts);
  } finally {
    await reader.release();
  }
}
