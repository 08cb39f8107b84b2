/**
 * A training checkpoint: one safetensors file with everything that the next step depends on, so that a resumed run
 * continues byte for byte. Randomness needs no state (seed and step determine it), and the gradient sums of
 * accumulation are zero between steps.
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
import { readValidation, type ValidationProgress, validationMetadata } from './validation-progress.ts';

/** The progress of a run: the steps done, and the states after them. */
export interface TrainingState {
  readonly step: number;
  readonly states: TensorMap;
  /** What an automatic objective became; undefined before that, and if the model has its own objective. */
  readonly choice?: Choice | undefined;
  /** The validations so far; undefined before the first. */
  readonly validation?: ValidationProgress | undefined;
}

const FORMAT = 'rddm-checkpoint';

/** The names and shapes of a checkpoint's states. */
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

/** A checkpoint's states, by name. */
export const storedStateNames = (config: TrainConfig, choice?: Choice): string[] =>
  Object.keys(storedStates(config, choice));

/** What the programs need of the states of a checkpoint: also the gradient sums, which are zero between steps. */
export function withGradientSums(config: TrainConfig, choice: Choice | undefined, stored: TensorMap): TensorMap {
  if (config.accumulation === 1) return stored;
  const sums = Object.entries(phaseOf(config, choice).parameters).map(([name, { shape }]) => [
    stateNames.gradientSum(name),
    filled(shape, 0),
  ]);
  return { ...stored, ...Object.fromEntries(sums) };
}

/**
 * The bytes of a checkpoint; equal states give equal bytes.
 *
 * @param data a fingerprint of the data set, since with other pictures the same seed means other batches
 */
export const encodeCheckpoint = ({ step, states, choice, validation }: TrainingState, data: string): Uint8Array =>
  encodeSafetensors(states, {
    format: FORMAT,
    version: '1',
    step: String(step),
    data,
    ...(choice && { objective: choice.objective, chosenAt: String(choice.step) }),
    ...(validation && validationMetadata(validation)),
  });

/** The choice in a checkpoint's metadata; undefined if there is nothing to choose, or nothing has been chosen. */
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
 * Reads a checkpoint of the run described by `config`.
 *
 * @throws RddmError if the file is damaged, not a checkpoint, or of another network
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
  const validation = readValidation(metadata, step, where);
  const given = Object.fromEntries(Object.entries(tensors).map(([name, raw]) => [name, toFloat32(raw)]));
  const states = withGradientSums(config, choice, matchWeights(storedStates(config, choice), given, where));
  return { step, states, data: metadata.data ?? '', ...(choice && { choice }), ...(validation && { validation }) };
}

/** Whether a state holds a trained model: not while an objective is being chosen, nor just after. */
export const holdsModel = (config: TrainConfig, { step, choice }: TrainingState): boolean =>
  config.objective === 'model' || (choice !== undefined && step > choice.step);

/** The averaged weights of a state, under the network's names: for sampling, and as the model that ships. */
export function averagedWeights(config: TrainConfig, states: TensorMap): Record<string, TensorMap[string]> {
  return Object.fromEntries(
    Object.keys(modelParameters(config.model)).map((name) => [name, states[stateNames.average(name)]]),
  );
}
