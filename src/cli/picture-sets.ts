/**
 * What `rddm fid` compares: the features of a folder's pictures, or saved statistics of them. FID is that of the published
 * Inception network; random features are another metric under a name of its own.
 */
import { basename, extname } from 'node:path';
import { readBytes, writeFileAtomic } from '../adapters/node/files/files.ts';
import { openInceptionWeights } from '../adapters/node/files/published-weights.ts';
import { listImages, readImage } from '../adapters/node/pictures/images.ts';
import { decodeMoments, encodeMoments } from '../checkpoint/npz.ts';
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { joined } from '../metrics/feature-reader.ts';
import { featureMoments, type Gaussian, gaussianOfFeatures, gaussianOfMoments } from '../metrics/gaussian.ts';
import { createInceptionReader } from '../metrics/inception-features.ts';
import { type InceptionScore, inceptionScore, probabilitiesOf } from '../metrics/inception-score.ts';
import { createRandomFeatureReader } from '../metrics/random-features.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { abortSignal } from './context.ts';
import { createProgress } from './output.ts';
import { openWithProgress } from './published-weights.ts';

/** The networks whose features are compared. */
export const featureKinds = ['inception', 'random'] as const;
export type FeatureKind = (typeof featureKinds)[number];

/** Reads the features, and of the Inception network the logits, of pictures. */
export interface SetReader {
  read(images: readonly Image[]): Promise<{ readonly features: Tensor; readonly logits?: Tensor }>;
  release(): Promise<void>;
}

/** Opens the network of a kind; its weights may have to be fetched. */
export async function openSetReader(
  kind: FeatureKind,
  runtime: Runtime,
  batch: number,
  weights: string | undefined,
): Promise<SetReader> {
  if (kind === 'random') {
    const { read, release } = createRandomFeatureReader(runtime, batch);
    return { read: async (images) => ({ features: await read(images) }), release };
  }
  const { read, release } = createInceptionReader(
    runtime,
    await openWithProgress(openInceptionWeights, weights),
    batch,
  );
  return {
    read: async (images) => {
      const { features2048, logitsUnbiased } = await read(images);
      return { features: features2048, logits: logitsUnbiased };
    },
    release,
  };
}

/** A set of pictures as it is compared. */
export interface PictureSet {
  readonly gaussian: Gaussian;
  /** Not known of saved statistics. */
  readonly pictures?: number;
  /** Only where there are logits and as many pictures as parts. */
  readonly inceptionScore?: InceptionScore;
}

/** How many features a picture has for each network, by which their statistics are told apart. */
const featureCounts: Readonly<Record<FeatureKind, number>> = { inception: 2048, random: 323 };

/** Whether a path names saved statistics, which need no network. */
export const isStatistics = (path: string): boolean => extname(path).toLowerCase() === '.npz';

/**
 * Reads saved statistics.
 *
 * @throws RddmError when the file cannot be read, or its statistics are of another network than that of `kind`
 */
export async function readStatistics(path: string, kind: FeatureKind): Promise<PictureSet> {
  const { mean, covariance } = decodeMoments(await readBytes(path, 'fid'), path);
  const count = featureCounts[kind];
  if (mean.length !== count) {
    const other = featureKinds.find((name) => featureCounts[name] === mean.length);
    const remedy = other
      ? `say --features ${other} for both sets`
      : `save them with --save-statistics and --features ${kind}`;
    throw expected(path, `statistics of ${count} features with --features ${kind}`, String(mean.length), remedy);
  }
  return { gaussian: gaussianOfMoments(mean, covariance, path) };
}

/** Parts of an Inception Score, as in its paper. */
export const SPLITS = 10;

/**
 * Reads all pictures of a folder.
 *
 * @param saveTo where mean and covariance are written, as pytorch-fid does
 * @throws RddmError when there are fewer than two pictures, or one cannot be read
 */
export async function readPictures(
  path: string,
  reader: SetReader,
  batch: number,
  saveTo?: string,
): Promise<PictureSet> {
  const files = await listImages(path);
  if (files.length < 2) throw expected(path, 'at least two pictures', String(files.length));
  const parts: { features: Tensor; logits?: Tensor }[] = [];
  const progress = createProgress(`reading ${basename(path)}`, files.length);
  try {
    for (let start = 0; start < files.length; start += batch) {
      abortSignal().throwIfAborted();
      const images = await Promise.all(files.slice(start, start + batch).map((file) => readImage(file)));
      parts.push(await reader.read(images));
      progress.update(Math.min(files.length, start + batch));
    }
  } finally {
    progress.end();
  }
  const features = joined(parts.map((part) => part.features));
  if (saveTo !== undefined) await writeFileAtomic(saveTo, encodeMoments(featureMoments(features)));
  const logits = parts.flatMap((part) => part.logits ?? []);
  const isScored = logits.length > 0 && files.length >= SPLITS;
  return {
    gaussian: gaussianOfFeatures(features),
    pictures: files.length,
    ...(isScored && { inceptionScore: inceptionScore(probabilitiesOf(joined(logits)), SPLITS) }),
  };
}
