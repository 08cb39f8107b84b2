/**
 * The networks whose features of pictures are compared. The distance of Inception's is the FID; that of random features is
 * another metric under a name of its own.
 */
import type { Image } from '../../data/image.ts';
import type { Tensor, TensorMap } from '../../math/tensor.ts';
import { createInceptionReader } from '../../metrics/inception-features.ts';
import { createRandomFeatureReader } from '../../metrics/random-features.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** The networks. */
export const featureKinds = ['inception', 'random'] as const;
/** One of `featureKinds`. */
export type FeatureKind = (typeof featureKinds)[number];

/** The metric that the Fréchet distance of a network's features is. */
export const distanceNames: Readonly<Record<FeatureKind, 'fid' | 'rfd'>> = { inception: 'fid', random: 'rfd' };

/** How many features of a picture each network computes; their statistics are distinguished by it. */
export const featureCounts: Readonly<Record<FeatureKind, number>> = { inception: 2048, random: 323 };

/** Features of pictures, one row a picture, and of the Inception network the logits. */
export interface SetFeatures {
  readonly features: Tensor;
  readonly logits?: Tensor;
}

/** Computes features batch by batch; release it when done. */
export interface SetReader {
  /** Pictures per run of the network. */
  readonly batch: number;
  /**
   * The features of some pictures.
   *
   * @param images from one to the batch size
   */
  read(images: readonly Image[]): Promise<SetFeatures>;
  /** Frees what the network holds. */
  release(): Promise<void>;
}

/**
 * Opens the network of random features, whose weights are a formula. Pictures are of one size.
 *
 * @param batch pictures per run
 *
 * @example
 * ```ts
 * import { openRandomReader } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const reader = openRandomReader(createReferenceRuntime(), 1);
 * const grey = { width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64).fill(90) };
 * assert.deepEqual((await reader.read([grey])).features.shape, [1, 323]);
 * await reader.release();
 * ```
 */
export function openRandomReader(runtime: Runtime, batch: number): SetReader {
  const { read, release } = createRandomFeatureReader(runtime, batch);
  return { batch, read: async (images) => ({ features: await read(images) }), release };
}

/**
 * Opens the Inception network.
 *
 * @param weights as pytorch-fid publishes them; with others the distance is no FID
 * @param batch pictures per run
 *
 * @example
 * ```ts
 * import { openInceptionReader } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * // Its weights come from openInceptionWeights of rddm/node; they are needed with the first picture.
 * const reader = openInceptionReader(createReferenceRuntime(), 8, {});
 * assert.equal(reader.batch, 8);
 * await reader.release();
 * ```
 */
export function openInceptionReader(runtime: Runtime, batch: number, weights: TensorMap): SetReader {
  const { read, release } = createInceptionReader(runtime, weights, batch);
  return {
    batch,
    async read(images) {
      const { features2048, logitsUnbiased } = await read(images);
      return { features: features2048, logits: logitsUnbiased };
    },
    release,
  };
}
