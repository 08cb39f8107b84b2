/**
 * Scores restored pictures against their ground truth one after the other and, if given, their untouched inputs and
 * baselines made from these.
 */
import type { Image } from '../../data/image.ts';
import { resizeImage } from '../../data/resize.ts';
import { expected } from '../../math/errors.ts';
import { compareImages } from '../../metrics/compare.ts';
import type { LpipsMeter } from '../../metrics/lpips.ts';
import type { PictureSource } from '../picture.ts';
import { applyBaseline, type Baseline, meanBrightness } from './baselines.ts';
import {
  type Candidate,
  type CandidateScores,
  candidates,
  type ImageScores,
  meanScores,
  type Scores,
} from './scores.ts';

/** One picture to score. */
export interface EvaluationJob {
  /** The restored picture, which gives the scores their name. */
  readonly result: PictureSource;
  /** The ground truth. */
  readonly reference: PictureSource;
  /** White in the shadow region, or in any other region to score separately. */
  readonly mask?: PictureSource;
  /** The degraded picture from which the result was made; it is scored too, untouched. */
  readonly input?: PictureSource;
}

/** What else to score. */
export interface EvaluationOptions {
  /** Baselines to score, made from the input. */
  readonly baseline?: readonly Baseline[];
  /**
   * Normal pictures, whose mean luma is the target of the baseline `gamma`. Use training targets; ground truth would
   * reveal the answer.
   */
  readonly brightnessOf?: readonly PictureSource[];
  /** `reference` resizes everything to the size of the result; otherwise sizes must be equal. */
  readonly resize?: 'reference';
  /** Also measures LPIPS. */
  readonly lpips?: LpipsMeter['distance'];
  /** Stops the run between two pictures. */
  readonly signal?: AbortSignal | undefined;
}

/** The events: one per job, and one at the end. */
export type EvaluationEvent =
  | { readonly kind: 'started'; readonly index: number }
  | { readonly kind: 'scored'; readonly index: number; readonly scores: ImageScores }
  | {
      readonly kind: 'finished';
      readonly mean: CandidateScores;
      /** The mean luma of `brightnessOf`. */
      readonly brightness?: number;
    };

const where = 'evaluate';

/**
 * Refuses baselines without what they are made from.
 *
 * @param given the options that determine the pictures, whatever their form, and whether there are inputs
 * @throws RddmError whose field is `input`, `brightnessOf` or `baseline`
 */
export function checkBaselines(given: {
  readonly baseline?: readonly Baseline[] | undefined;
  readonly brightnessOf?: unknown;
  readonly input?: unknown;
}): void {
  const { baseline, brightnessOf, input } = given;
  if (baseline && input === undefined) {
    throw expected(where, 'an input to make the baselines from', 'none', { field: 'input' });
  }
  const isDark = baseline?.includes('gamma') === true;
  if (isDark === (brightnessOf !== undefined)) return;
  const what = 'the baseline "gamma" and pictures of its target brightness, both or neither';
  throw expected(where, what, isDark ? 'only the baseline' : 'only the pictures', {
    field: isDark ? 'brightnessOf' : 'baseline',
  });
}

/** Resizes a picture to the result's size on request; otherwise refuses another size. */
function fit(image: Image, result: Image, name: string, role: string, resize: EvaluationOptions['resize']): Image {
  if (image.width === result.width && image.height === result.height) return image;
  if (resize === 'reference') return resizeImage(image, result.width, result.height);
  const sizes = `${result.width}x${result.height} and ${image.width}x${image.height}`;
  const remedy = 'crop one, or resize the reference';
  throw expected(name, `result and ${role} of one size`, sizes, { remedy, field: 'resize' });
}

async function scoresOf(job: EvaluationJob, options: EvaluationOptions, brightness: number): Promise<ImageScores> {
  const { name } = job.result;
  const { baseline = [], resize, lpips } = options;
  const result = await job.result.read();
  const read = async (role: 'reference' | 'mask' | 'input'): Promise<Image | undefined> => {
    const image = await job[role]?.read();
    return image && fit(image, result, name, role, resize);
  };
  const reference = (await read('reference')) as Image;
  const mask = await read('mask');
  const input = await read('input');
  const images: Partial<Record<Candidate, Image>> = { ...(input && { input }), result };
  if (input) for (const filter of baseline) images[filter] = applyBaseline(filter, input, brightness);
  const scores: Partial<Record<Candidate, Scores>> = {};
  for (const candidate of candidates) {
    const image = images[candidate];
    if (!image) continue;
    const comparison = compareImages(image, reference, mask);
    scores[candidate] = { ...comparison, ...(lpips && { lpips: await lpips(image, reference) }) };
  }
  return { name, width: result.width, height: result.height, scores };
}

/**
 * Scores pictures.
 *
 * @throws RddmError if a baseline lacks what it is made from, a picture cannot be read, or sizes differ: a mean is over
 *   all pictures or an error
 * @throws the reason of `signal` if it is aborted
 *
 * @example
 * ```ts
 * import { evaluatePictures, pictureInMemory } from 'rddm';
 * import assert from 'node:assert/strict';
 * const grey = (value: number) => ({ width: 16, height: 16, channels: 1 as const, data: new Uint8Array(256).fill(value) });
 * const job = { result: pictureInMemory('a', grey(90)), reference: pictureInMemory('a', grey(100)) };
 * let psnr: number | undefined;
 * for await (const event of evaluatePictures([job])) if (event.kind === 'finished') psnr = event.mean.result?.psnrRgb;
 * assert.ok(Math.abs(psnr! - 28.13) < 0.01);
 * ```
 */
export async function* evaluatePictures(
  jobs: readonly EvaluationJob[],
  options: EvaluationOptions = {},
): AsyncGenerator<EvaluationEvent, void> {
  const { baseline, brightnessOf, signal } = options;
  for (const { input } of jobs) checkBaselines({ baseline, brightnessOf, input });
  const brightness = brightnessOf && (await meanBrightness(brightnessOf));
  const all: ImageScores[] = [];
  for (const [index, job] of jobs.entries()) {
    signal?.throwIfAborted();
    yield { kind: 'started', index };
    const scores = await scoresOf(job, options, brightness ?? Number.NaN);
    all.push(scores);
    yield { kind: 'scored', index, scores };
  }
  yield { kind: 'finished', mean: meanScores(all), ...(brightness !== undefined && { brightness }) };
}
