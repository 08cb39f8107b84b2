/**
 * A training checkpoint: one safetensors file with everything that the next step depends on, so that a
 * resumed run continues byte for byte. Randomness needs no state (seed + step decide it), and the
 * gradient sums of accumulation are zero between steps.
 */

import { matchWeights } from '../checkpoint/match.ts';
import { toFloat32 } from '../checkpoint/raw-tensor.ts';
import { decodeSafetensors, encodeSafetensors } from '../checkpoint/safetensors.ts';
import { expected } from '../math/errors.ts';
import type { Shape } from '../math/shape.ts';
import { filled, type TensorMap } from '../math/tensor.ts';
import { modelParameters } from '../model/networks.ts';
import type { TrainConfig } from './config.ts';
import { stateNames } from './optimiser.ts';
import { type Choice, phaseOf } from './phase.ts';

/** Where a run stands: steps done, and the states after them. */
export interface TrainingState {
  readonly step: number;
  readonly states: TensorMap;
  /** What an automatic objective became; undefined before that, and where the model says its objective. */
  readonly choice?: Choice | undefined;
}

const FORMAT = 'rddm-checkpoint';

/** Names and shapes of the states that a checkpoint holds. */
function storedStates(config: TrainConfig, choice: Choice | undefined): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  for (const [name, { shape }] of Object.entries(phaseOf(config, choice).parameters)) {
    shapes[name] = shape;
    shapes[stateNames.firstMoment(name)] = shape;
    shapes[stateNames.secondMoment(name)] = shape;
    shapes[stateNames.average(name)] = shape;
  }
  return shapes;
}

/** The states that a checkpoint holds, by name. */
export const storedStateNames = (config: TrainConfig, choice?: Choice): string[] =>
  Object.keys(storedStates(config, choice));

/**
 * The bytes of a checkpoint; the same state gives the same bytes.
 *
 * @param data a fingerprint of the data set, since with other pictures the same seed means other batches
 */
export const encodeCheckpoint = ({ step, states, choice }: TrainingState, data: string): Uint8Array =>
  encodeSafetensors(states, {
    format: FORMAT,
    version: '1',
    step: String(step),
    data,
    ...(choice && { objective: choice.objective, chosenAt: String(choice.step) }),
  });

/** The choice that a checkpoint's metadata tell; none where there is nothing to choose, or nothing has been chosen. */
function choiceOf(
  { objective, chosenAt }: Readonly<Record<string, string>>,
  config: TrainConfig,
  step: number,
  where: string,
): Choice | undefined {
  if (objective === undefined && chosenAt === undefined) return undefined;
  const at = Number(chosenAt);
  const isChoice =
    (objective === 'residual' || objective === 'noise') && Number.isSafeInteger(at) && at > 0 && at <= step;
  if (config.objective !== 'automatic' || !isChoice) {
    const what = `a checkpoint of a run with objective "${config.objective}"`;
    throw expected(where, what, `one whose objective became "${objective}" at step ${chosenAt}`, 'resume its own run');
  }
  return { objective, step: at };
}

/**
 * Reads a checkpoint of the run that `config` describes.
 *
 * @throws RddmError when the file is damaged, no checkpoint, or of another network
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  config: TrainConfig,
  where: string,
): TrainingState & { readonly data: string } {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const step = Number(metadata.step);
  if (metadata.format !== FORMAT || metadata.version !== '1' || !Number.isSafeInteger(step) || step < 0) {
    throw expected(
      where,
      `a training checkpoint (${FORMAT}, version 1)`,
      metadata.format ?? 'no format',
      'resume a run of rddm train',
    );
  }
  const choice = choiceOf(metadata, config, step, where);
  const given = Object.fromEntries(Object.entries(tensors).map(([name, raw]) => [name, toFloat32(raw)]));
  const states: Record<string, TensorMap[string]> = { ...matchWeights(storedStates(config, choice), given, where) };
  if (config.accumulation > 1) {
    for (const [name, { shape }] of Object.entries(phaseOf(config, choice).parameters)) {
      states[stateNames.gradientSum(name)] = filled(shape, 0);
    }
  }
  return { step, states, data: metadata.data ?? '', ...(choice && { choice }) };
}

/** Whether a state holds a model that has learnt something: while an objective is chosen, and just after, it does not. */
export const holdsModel = (config: TrainConfig, { step, choice }: TrainingState): boolean =>
  config.objective === 'model' || (choice !== undefined && step > choice.step);

/** The averaged weights of a state, under the network's names: what is sampled with, and what ships. */
export function averagedWeights(config: TrainConfig, states: TensorMap): Record<string, TensorMap[string]> {
  return Object.fromEntries(
    Object.keys(modelParameters(config.model)).map((name) => [name, states[stateNames.average(name)]]),
  );
}
