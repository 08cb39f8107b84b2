/**
 * The figures of a cell from its pictures: against the ground truth, against another series' pictures, and among
 * themselves; one figure per picture wherever that makes sense.
 */
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import { type Comparison, compareImages } from '../metrics/compare.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { metricKinds, type pictureMetrics, type relativeMetrics, type setMetrics } from './metric.ts';
import { setDistance } from './set-distance.ts';

/** What a cell's pictures are compared with. */
export interface ScoredPictures {
  readonly pictures: readonly Image[];
  /** The ground truth, if there is one. */
  readonly clean?: readonly Image[] | undefined;
  /** The masks of the holes, if there are any. */
  readonly masks?: readonly Image[] | undefined;
  /** Pictures of another series, each of the same held-out picture. */
  readonly other?: readonly Image[] | undefined;
  /** Training pictures. */
  readonly reference?: readonly Image[] | undefined;
}

/** What computes the features of sets of pictures. */
export interface ScoringMeans {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

const fields: Readonly<Record<keyof typeof pictureMetrics, (comparison: Comparison) => number>> = {
  psnr: ({ psnrRgb }) => psnrRgb,
  ssim: ({ ssimRgb }) => ssimRgb,
  psnrLuma: ({ psnrLuma }) => psnrLuma,
  ssimLuma: ({ ssimLuma }) => ssimLuma,
  labMae: ({ labMae }) => labMae,
  psnrOutside: ({ mask }) => mask?.psnrRgbOutside ?? Number.NaN,
};

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

type Values = Image['data'] | Float64Array;
const valuesOf = (pictures: readonly Image[]): Values[] => pictures.map(({ data }) => data);

/** The mean of each channel of a picture: its overall colour. */
function colourOf({ channels, data }: Image): Float64Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) sums[i % channels] += data[i];
  return sums.map((sum) => sum / (data.length / channels));
}

/** The difference of each picture from the mean of all. */
function ownParts(pictures: readonly Values[]): Float64Array[] {
  const mean = new Float64Array(pictures[0].length);
  for (const values of pictures) for (let i = 0; i < mean.length; i++) mean[i] += values[i] / pictures.length;
  return pictures.map((values) => mean.map((m, i) => values[i] - m));
}

/** The distance of each picture from the mean of all, as a root mean square in values of 255: their diversity. */
const spreadOf = (pictures: readonly Values[]): number[] =>
  ownParts(pictures).map((own) => Math.sqrt(dot(own, own) / own.length));

/**
 * How alike two series are, pair by pair, in each picture's difference from its series' mean: 1 for the same, 0 for
 * unrelated pictures. A series that has collapsed to one picture resembles none, and contrast and blur count little;
 * PSNR would reward both.
 */
function agreementOf(pictures: readonly Image[], others: readonly Image[]): number[] {
  const theirs = ownParts(valuesOf(others));
  return ownParts(valuesOf(pictures)).map((own, at) => {
    const sizes = Math.sqrt(dot(own, own) * dot(theirs[at], theirs[at]));
    return sizes > 0 ? dot(own, theirs[at]) / sizes : 0;
  });
}

/** The distance of each picture from another series', inside the holes, as a root mean square in values of 255. */
function distancesInside(pictures: readonly Image[], others: readonly Image[], masks: readonly Image[]): number[] {
  return pictures.map(({ channels, data }, at) => {
    const [other, mask] = [others[at].data, masks[at]];
    let [sum, count] = [0, 0];
    for (let i = 0; i < data.length; i++) {
      if (mask.data[Math.floor(i / channels) * mask.channels] < 128) continue;
      sum += (data[i] - other[i]) ** 2;
      count++;
    }
    return count > 0 ? Math.sqrt(sum / count) : 0;
  });
}

/** The mean absolute step between neighbouring pixels, in values of 255: small with blur, large with noise. */
function sharpnessOf({ width, height, channels, data }: Image): number {
  let sum = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < (width - 1) * channels; x++) {
      const at = y * width * channels + x;
      sum += Math.abs(data[at] - data[at + channels]) + Math.abs(data[at] - data[at + width * channels]);
    }
  }
  return sum / (2 * (height - 1) * (width - 1) * channels);
}

/** PSNR is infinite for equal pictures; it is capped at 99 dB, nearly equal, so that means stay finite. */
const finite = (decibels: number): number => Math.min(decibels, 99);

/** @throws RddmError if a metric lacks what it compares with */
export async function scorePictures(
  metrics: readonly (keyof typeof pictureMetrics | keyof typeof relativeMetrics | keyof typeof setMetrics)[],
  { pictures, clean, masks, other, reference = [] }: ScoredPictures,
  { runtime, signal }: ScoringMeans,
): Promise<Record<string, number[]>> {
  const need = (what: string, given: readonly Image[] | undefined): readonly Image[] => {
    if (given && given.length >= pictures.length) return given;
    throw expected('experiment', `${what} for each of ${pictures.length} pictures`, given ? `${given.length}` : 'none');
  };
  let comparisons: Comparison[] | undefined;
  const values: Record<string, number[]> = {};
  for (const metric of metrics) {
    if (metric === 'spread') values.spread = spreadOf(valuesOf(pictures));
    else if (metric === 'colourSpread') values.colourSpread = spreadOf(pictures.map(colourOf));
    else if (metric === 'sharpness') values.sharpness = pictures.map(sharpnessOf);
    else if (metric === 'rfd') values.rfd = await setDistance(runtime, pictures, reference, signal);
    else if (metric === 'agreement') {
      values.agreement = agreementOf(pictures, need('pictures of another series', other));
    } else if (metric === 'distanceInside') {
      const [theirs, holes] = [need('pictures of another series', other), need('masks', masks)];
      values.distanceInside = distancesInside(pictures, theirs, holes);
    } else {
      const truth = need('ground truth', clean);
      const holes = metric === 'psnrOutside' ? need('masks', masks) : masks;
      comparisons ??= pictures.map((picture, at) => compareImages(picture, truth[at], holes?.[at]));
      const figures = comparisons.map(fields[metric]);
      values[metric] = metricKinds[metric].unit === 'dB' ? figures.map(finite) : figures;
    }
  }
  return values;
}
