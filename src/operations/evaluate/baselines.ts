/**
 * Baselines: treatments of an input without a network, scored beside a result. A network should improve on them, not
 * only on the untouched input.
 */
import { equaliseHistogram } from '../../data/equalise.ts';
import type { Image } from '../../data/image.ts';
import { medianFilter3 } from '../../data/median.ts';
import { gammaTowards, meanLuma } from '../../metrics/gamma.ts';
import type { PictureSource } from '../picture.ts';

/** `median` is for noise and rain; `equalise` and `gamma` for darkness. */
export const baselines = ['median', 'equalise', 'gamma'] as const;
/** One of `baselines`: a simple filter to compare a model with. */
export type Baseline = (typeof baselines)[number];

/** Their names in tables. */
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
export function applyBaseline(baseline: Baseline, input: Image, brightness: number): Image {
  switch (baseline) {
    case 'median':
      return medianFilter3(input);
    case 'equalise':
      return equaliseHistogram(input);
    case 'gamma':
      return gammaTowards(input, brightness);
  }
}

/** The mean luma of pictures, each with equal weight: the measure of normal light. */
export async function meanBrightness(pictures: readonly PictureSource[]): Promise<number> {
  let sum = 0;
  for (const picture of pictures) sum += meanLuma(await picture.read());
  return sum / pictures.length;
}
