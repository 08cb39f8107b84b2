/**
 * Where everything of the experiments lies, below one folder:
 *
 *   models/KEY    a training run a model, named by its configuration and data
 *   pictures/KEY  sampled pictures, named by model, sampling, data and noise
 *   results/      ID.json and ID/*.png, which is all that a report needs
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../../../experiment/canonical.ts';

/** What a run of experiments works with. */
export interface Place {
  /** The folder that the settings' paths start at. */
  readonly data: string;
  /** The folder of models, pictures and results. */
  readonly out: string;
}

/** A name for what `value` describes: equal values, equal names. */
export const keyOf = (value: Json | string): string =>
  createHash('sha256')
    .update(typeof value === 'string' ? value : canonicalJson(value))
    .digest('hex')
    .slice(0, 16);

export const modelFolder = ({ out }: Place, key: string): string => join(out, 'models', key);
export const pictureFile = ({ out }: Place, key: string): string => join(out, 'pictures', `${key}.png`);
export const resultsFolder = (out: string): string => join(out, 'results');
export const resultFile = (results: string, id: string): string => join(results, `${id}.json`);
