/**
 * What of a restoration does not fit the model, whatever the picture: a run of many pictures asks before it reads the first.
 */
import { expected } from '../math/errors.ts';
import type { ModelConfig } from '../model/config.ts';
import { type Ensemble, ensembles } from './ensemble.ts';

/** What is asked of the model. */
export interface RestorationRequest {
  /** Whether a mask is given. */
  readonly mask: boolean;
  /** `known` puts the pixels outside of the hole back over the restored picture; by default as the model is configured. */
  readonly composite?: 'none' | 'known' | undefined;
  /** What the picture is the mean of; by default `none`. */
  readonly ensemble?: Ensemble | undefined;
}

/**
 * Refuses what a model cannot restore.
 *
 * @param where who refuses: a function, or the model's name
 * @throws RddmError whose field is `model`, `mask`, `composite` or `ensemble`
 */
export function checkRestoration(config: ModelConfig, request: RestorationRequest, where: string): void {
  const { task, condition, sampling } = config;
  const { mask, composite = sampling.composite, ensemble = 'none' } = request;
  if (!ensembles.includes(ensemble)) {
    throw expected(where, `ensemble ${ensembles.join(' or ')}`, String(ensemble), { field: 'ensemble' });
  }
  if (task === 'generation') {
    throw expected(where, 'a model that restores', 'one of task generation', {
      remedy: 'sample from it instead',
      field: 'model',
    });
  }
  if (condition === 'input-and-mask' && !mask) {
    throw expected(where, 'a mask, which this model needs', 'none', { field: 'mask' });
  }
  if (composite === 'known' && task !== 'inpainting') {
    throw expected(where, 'a model that inpaints, to keep known pixels', `one of task ${task}`, { field: 'composite' });
  }
  if (composite === 'known' && !mask) {
    throw expected(where, 'a mask, outside of which pixels are kept', 'none', { field: 'mask' });
  }
  if (condition !== 'input-and-mask' && task !== 'inpainting' && mask) {
    throw expected(where, 'no mask, which this model does not use', 'one', { field: 'mask' });
  }
}
