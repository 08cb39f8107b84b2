/**
 * A run that starts from the weights of an existing model, in place of random ones: fine-tuning. The optimiser and the
 * average start anew. The run records which weights they were.
 */

import { matchWeights } from '../../checkpoint/match.ts';
import { encodeModel, weightShapes } from '../../checkpoint/model-directory.ts';
import { sha256 } from '../../math/digest.ts';
import { expected } from '../../math/errors.ts';
import type { TensorMap } from '../../math/tensor.ts';
import type { TrainingState } from '../../train/checkpoint.ts';
import { type TrainConfig, trainConfig } from '../../train/config.ts';
import { initialStates } from '../../train/step.ts';

/** A model whose weights a run starts from. */
export interface InitialModel {
  /** Its name in the run's records and in messages, for example the last part of its path. */
  readonly name: string;
  /** Every weight of the run's network. */
  readonly weights: TensorMap;
}

/** A configuration that records its initial weights, and the state before the first step. */
export interface Initialised {
  readonly config: TrainConfig;
  readonly start: TrainingState;
}

/**
 * The state of a run before its first step, with the weights of a model.
 *
 * @throws RddmError with one sentence if names or shapes of the weights are not those of the network, or the objective
 *   is chosen during training: the network would start anew
 */
export async function initialised(config: TrainConfig, { name, weights }: InitialModel): Promise<Initialised> {
  const { model, objective, accumulation } = config;
  if (objective === 'automatic') {
    const remedy = 'the network starts anew once its objective is chosen';
    throw expected('train', 'objective "model" with initial weights', '"automatic"', { remedy, field: 'init' });
  }
  const matched = matchWeights(weightShapes(model), weights, name);
  const hash = await sha256(encodeModel(model, matched)['weights.safetensors']);
  const start = { step: 0, states: initialStates(matched, accumulation) };
  // Validated again for the order of its keys: a resumed run writes the same file.
  return { config: trainConfig({ ...config, init: { model: name, weights: hash } }, 'train'), start };
}

/** Refuses a run that cannot have the weights that its configuration says it starts from. */
export function requireInitialModel({ init }: TrainConfig, mode: 'new' | 'resume'): void {
  if (!init) return;
  const what = `the weights of ${init.model}, from which the run starts`;
  const remedy = mode === 'new' ? 'name the model, or leave out "init"' : 'start a new run';
  throw expected('train', what, mode === 'new' ? 'none' : 'no checkpoint with them', { remedy, field: 'init' });
}
