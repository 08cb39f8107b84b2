/** Warnings about settings that are allowed in a training configuration but cannot be expected to work. */
import { configWarnings } from '../model/config.ts';
import type { TrainConfig } from './config.ts';

/** Warnings about a model, and about data that do not suit it. */
export function trainWarnings({ model, data }: TrainConfig): string[] {
  const isMade = data.kind === 'degraded' || data.kind === 'masked';
  const equalised =
    'data of kind "folders" or "flist" with preprocess "equalise" suits better: inputs made from clean squares ' +
    'are equalised square by square, and rddm restore equalises whole pictures, whose histograms differ';
  return [...configWarnings(model), ...(isMade && model.preprocess === 'equalise' ? [equalised] : [])];
}
