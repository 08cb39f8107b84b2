/** A set of pictures for comparison with another: the statistics of its features, computed from pictures or loaded. */
import { decodeMoments, encodeMoments } from '../../checkpoint/npz.ts';
import { expected } from '../../math/errors.ts';
import type { Tensor } from '../../math/tensor.ts';
import { joined } from '../../metrics/feature-reader.ts';
import { featureMoments, type Gaussian, gaussianOfFeatures, gaussianOfMoments } from '../../metrics/gaussian.ts';
import { type InceptionScore, inceptionScore, probabilitiesOf } from '../../metrics/inception-score.ts';
import type { PictureSource } from '../picture.ts';
import { type FeatureKind, featureCounts, featureKinds, type SetFeatures, type SetReader } from './set-reader.ts';

/** A set; the distance of two is `frechetDistance` of their Gaussians. */
export interface PictureSet {
  readonly gaussian: Gaussian;
  /** Unknown for saved statistics. */
  readonly pictures?: number;
  /** Only if there are logits, and at least as many pictures as parts. */
  readonly inceptionScore?: InceptionScore;
}

/** A set that was read from pictures. */
export interface ReadSet extends PictureSet {
  readonly pictures: number;
  /** One row per picture, for `encodeStatistics`. */
  readonly features: Tensor;
}

/** How to read a set. */
export interface PictureSetOptions {
  /** The set's name, for messages. */
  readonly name?: string;
  /** Receives the number of pictures read so far, after each batch. */
  readonly onProgress?: (pictures: number) => void;
  /** Stops the reading between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** The parts of an Inception Score, as in its paper. */
export const SPLITS = 10;

/**
 * Reads a set of pictures.
 *
 * @throws RddmError if there are fewer than two pictures, or one cannot be read
 * @throws the reason of `signal` if it is aborted
 *
 * @example
 * ```ts
 * import { openRandomReader, pictureInMemory, readPictureSet } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const grey = (value: number) => ({ width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64).fill(value) });
 * const pictures = [90, 100].map((value) => pictureInMemory(String(value), grey(value)));
 * const reader = openRandomReader(createReferenceRuntime(), 2);
 * const { features } = await readPictureSet(pictures, reader);
 * assert.deepEqual(features.shape, [2, 323]);
 * ```
 */
export async function readPictureSet(
  pictures: readonly PictureSource[],
  reader: SetReader,
  { name = 'fid', onProgress, signal }: PictureSetOptions = {},
): Promise<ReadSet> {
  const { length } = pictures;
  if (length < 2) throw expected(name, 'at least two pictures', length);
  const parts: SetFeatures[] = [];
  for (let start = 0; start < length; start += reader.batch) {
    signal?.throwIfAborted();
    const images = await Promise.all(pictures.slice(start, start + reader.batch).map((picture) => picture.read()));
    parts.push(await reader.read(images));
    onProgress?.(Math.min(length, start + reader.batch));
  }
  const features = joined(parts.map((part) => part.features));
  const logits = parts.flatMap((part) => part.logits ?? []);
  const isScored = logits.length > 0 && length >= SPLITS;
  return {
    features,
    gaussian: gaussianOfFeatures(features),
    pictures: length,
    ...(isScored && { inceptionScore: inceptionScore(probabilitiesOf(joined(logits)), SPLITS) }),
  };
}

/**
 * Mean and covariance of features as the bytes of an .npz file, in pytorch-fid's format.
 *
 * @example
 * ```ts
 * import { encodeStatistics, filled } from 'rddm';
 * import assert from 'node:assert/strict';
 * const bytes = encodeStatistics(filled([3, 323], 1));
 * assert.deepEqual([...bytes.subarray(0, 2)], [0x50, 0x4b], 'an .npz file is a zip file');
 * ```
 */
export const encodeStatistics = (features: Tensor): Uint8Array => encodeMoments(featureMoments(features));

/**
 * A set from its saved statistics.
 *
 * @param kind the network of the other set's features
 * @param name the file's name, for messages
 * @throws RddmError if the file is damaged, or its statistics belong to another network
 *
 * @example
 * ```ts
 * import { decodeStatistics, encodeStatistics, filled, frechetDistance } from 'rddm';
 * import assert from 'node:assert/strict';
 * const bytes = encodeStatistics(filled([3, 323], 1));
 * const { gaussian } = decodeStatistics(bytes, 'random', 'photos.npz');
 * assert.equal(frechetDistance(gaussian, gaussian), 0);
 * assert.throws(() => decodeStatistics(bytes, 'inception', 'photos.npz'), /expected statistics of 2048 features/);
 * ```
 */
export function decodeStatistics(bytes: Uint8Array, kind: FeatureKind, name: string): PictureSet {
  const { mean, covariance } = decodeMoments(bytes, name);
  const count = featureCounts[kind];
  if (mean.length !== count) {
    const other = featureKinds.find((one) => featureCounts[one] === mean.length);
    const remedy = other ? `use the features "${other}" for both sets` : `save statistics of the features "${kind}"`;
    const what = `statistics of ${count} features, as for "${kind}"`;
    throw expected(name, what, mean.length, { remedy, field: 'features' });
  }
  return { gaussian: gaussianOfMoments(mean, covariance, name) };
}
