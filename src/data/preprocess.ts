/**
 * What is done to an input picture before it becomes a model's I_in. The model's configuration names it, so that
 * training, restoring and measuring always agree.
 */
import { equaliseHistogram } from './equalise.ts';
import type { Image } from './image.ts';

/** `equalise`: the histogram of each channel, over the whole picture, as in the paper's low-light task. */
export const preprocessings = ['none', 'equalise'] as const;
export type Preprocessing = (typeof preprocessings)[number];

const steps: Readonly<Record<Preprocessing, (image: Image) => Image>> = {
  none: (image) => image,
  equalise: equaliseHistogram,
};

/** The preprocessed picture, a model's input. */
export const preprocessed = (image: Image, preprocessing: Preprocessing): Image => steps[preprocessing](image);
