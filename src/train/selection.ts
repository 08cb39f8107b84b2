/**
 * AOSA, the automatic objective selection algorithm (Algorithm 2, Eq. 53): one network learns residual and noise at the
 * same time; its output counts as the residual with the learnable share λ and as the noise with the rest. λ decides
 * what the network is then trained to predict, from new weights. This file detects the decision; the loop acts on it.
 */
import { type Clip, cleanShare, type Objective } from '../diffusion/objective.ts';
import { cumulativeAt, type Schedule } from '../diffusion/schedule.ts';
import { add, divide, feed, minimum, multiply, negate, reshape, subtract } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import type { Program } from '../graph/program.ts';
import { type Tensor, tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { modelParameters, networks } from '../model/networks.ts';
import { type ParameterSpec, type Parameters, stateParameters } from '../nn/parameters.ts';
import type { SelectionConfig } from './config.ts';
import { errorOf } from './losses.ts';
import {
  batchFeeds,
  type ImageSizes,
  type LossNodes,
  mixture,
  programsOf,
  type StepOptions,
  type TrainingBatch,
} from './step.ts';

/** What AOSA can choose. */
export type SelectedObjective = Extract<Objective, 'residual' | 'noise'>;

/** λ_res as one of the weights: [1], initially 0.5. */
const lambdaSpec = { shape: [1], initialisation: { value: 0.5 } } as const;
const LAMBDA = 'lambda_res';

/** The weights while an objective is being chosen: the network's, and λ. */
export const selectionParameters = (config: ModelConfig): Record<string, ParameterSpec> => ({
  ...modelParameters(config),
  [LAMBDA]: lambdaSpec,
});

/** x clipped to [-1, 1]; at the ends the gradient still passes. */
const clippedTo = (clip: Clip, x: Node): Node => (clip === 'none' ? x : minimum(1, negate(minimum(1, negate(x)))));

/**
 * Eq. 53 on a mixed batch.
 *
 * @param config of one network with one output, which counts as either, whatever its objective
 */
export function selectionLoss(
  config: ModelConfig,
  options: Pick<StepOptions, 'loss'> & ImageSizes,
  { weighting, clip }: Pick<SelectionConfig, 'weighting' | 'clip'>,
  parameters: Parameters,
): LossNodes {
  const { input, residual, noise, alphaBar, betaBar, seen } = mixture(config, options);
  const { noisy } = seen;
  const output = networks({ ...config, objective: 'residual' }, seen, parameters).residual as Node;
  const lambda = parameters(LAMBDA, lambdaSpec.shape, lambdaSpec.initialisation);
  const rest = subtract(1, lambda);
  const less = (x: Node, y: Node | undefined): Node => (y ? subtract(x, y) : x);

  // Converts noise to residual and residual to noise: Eq. 16.
  const share = feed('cleanShare', [options.batch, 1, 1, 1]);
  const known = less(noisy, input && multiply(alphaBar, input));
  const clean = clippedTo(clip, divide(subtract(known, multiply(betaBar, output)), share));
  const residualOfNoise = input ? subtract(input, clean) : negate(clean);
  const noiseOfResidual = divide(add(less(noisy, input), multiply(subtract(1, alphaBar), output)), betaBar);

  const residualLoss = errorOf(options.loss, residual, add(multiply(lambda, output), multiply(rest, residualOfNoise)));
  const noiseLoss = errorOf(options.loss, noise, add(multiply(lambda, noiseOfResidual), multiply(rest, output)));
  const weighted =
    weighting === 'equal' ? [residualLoss, noiseLoss] : [multiply(lambda, residualLoss), multiply(rest, noiseLoss)];
  return { loss: add(weighted[0], weighted[1]), parts: { residualLoss, noiseLoss } };
}

/** The programs of a selection step; `step` also returns λ after the step. */
export function selectionPrograms(
  config: ModelConfig,
  options: StepOptions,
  selection: Omit<SelectionConfig, 'threshold'>,
): Record<string, Program> {
  const { parameters, nodes } = stateParameters();
  const loss = selectionLoss(config, options, selection, parameters);
  const rateOf = (weight: string): number => (weight === LAMBDA ? selection.rate : 1);
  return programsOf(loss, nodes, { ...options, rateOf }, (updates) => ({ lambda: reshape(updates[LAMBDA], []) }));
}

/** The feeds of `selectionLoss` for a batch. */
export function selectionFeeds(config: ModelConfig, schedule: Schedule, batch: TrainingBatch): Record<string, Tensor> {
  const shares = Array.from(batch.time, (time) => cleanShare(cumulativeAt(schedule, time).alphaBar));
  return { ...batchFeeds(config, schedule, batch), cleanShare: tensor([shares.length, 1, 1, 1], shares) };
}

/** What λ has decided; undefined while it has not. */
export function selected(lambda: number, threshold: number): SelectedObjective | undefined {
  if (Math.abs(lambda - 0.5) <= threshold) return undefined;
  return lambda > 0.5 ? 'residual' : 'noise';
}
