/**
 * What can be done to an input without any network, scored beside a result: whatever a network gains over the untouched
 * input, it should gain over these. Scoring itself is in evaluation.ts.
 */
import { listImages, readImage } from '../adapters/node/pictures/images.ts';
import { equaliseHistogram } from '../data/equalise.ts';
import type { Image } from '../data/image.ts';
import { medianFilter3 } from '../data/median.ts';
import { gammaTowards, meanLuma } from '../metrics/gamma.ts';

/** `median` for noise and rain; `equalise` and `gamma` for darkness. */
export const baselines = ['median', 'equalise', 'gamma'] as const;
export type Baseline = (typeof baselines)[number];

/** How tables call them. */
export const baselineTitles: Readonly<Record<Baseline, string>> = {
  median: 'median 3x3',
  equalise: 'equalised',
  gamma: 'gamma',
};

/**
 * Makes a baseline of an input.
 *
 * @param brightness the mean luma that `gamma` aims at
 */
export function applyBaseline(baseline: Baseline, input: Image, brightness: number): Image | Promise<Image> {
  switch (baseline) {
    case 'median':
      return medianFilter3(input);
    case 'equalise':
      return equaliseHistogram(input);
    case 'gamma':
      return gammaTowards(input, brightness);
  }
}

/**
 * The mean luma of all pictures of a folder, each counting the same: what normal light is. Training targets serve, ground
 * truth would tell the curve the answer.
 */
export async function brightnessOf(folder: string): Promise<number> {
  const paths = await listImages(folder);
  let sum = 0;
  for (const path of paths) sum += meanLuma(await readImage(path));
  return sum / paths.length;
}
