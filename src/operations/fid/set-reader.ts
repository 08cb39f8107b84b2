/**
 * The networks whose features can be compared. The distance of Inception's features is the FID; that of random features
 * is another metric under its own name.
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

/** The name of the Fréchet distance of each network's features. */
export const distanceNames: Readonly<Record<FeatureKind, 'fid' | 'rfd'>> = { inception: 'fid', random: 'rfd' };

/** The number of features of each network, which distinguishes their statistics. */
export const featureCounts: Readonly<Record<FeatureKind, number>> = { inception: 2048, random: 323 };

/** Features of pictures, one row per picture, and for the Inception network the logits. */
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
 * Opens the network of random features, whose weights come from a seed. All pictures must have one size.
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
 * @param weights as published by pytorch-fid; with others the distance is not the FID
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
