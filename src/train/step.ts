/**
 * One training step as programs: mix the noisy image (Eq. 7), predict, measure (Eq. 14, 15), differentiate, update.
 * Weights and optimiser state stay in the runtime; images go in, losses come out. With accumulation, `accumulate` runs
 * on all but the last part of a batch, and `step` on the last.
 */

import { cumulativeAt, type Schedule } from '../diffusion/schedule.ts';
import { add, feed, multiply, negate, state, subtract } from '../graph/build.ts';
import { gradient } from '../graph/gradient.ts';
import type { Node } from '../graph/node.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { filled, type Tensor, type TensorMap, tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { type NetworkInputs, networkFeeds, networks } from '../model/networks.ts';
import { networkOf } from '../networks/registry.ts';
import { type Parameters, stateParameters } from '../nn/parameters.ts';
import { errorOf, type Loss } from './losses.ts';
import { type OptimiserOptions, optimiserStep, stateNames } from './optimiser.ts';

/**
 * `summed`: one optimiser for all weights; `separate`: each of two networks has its own loss, clipped norm and
 * optimiser.
 */
export type Losses = 'summed' | 'separate';

/** The size of a program run. */
export interface ImageSizes {
  /** Images per program run. */
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** The options of a training step; of the optimiser's kind only the decay of weights is in the program. */
export interface StepOptions extends Omit<OptimiserOptions, 'kind'>, ImageSizes {
  readonly loss: Loss;
  /** Whether two networks learn from the sum of their losses under one optimiser (the default), or each from its own. */
  readonly losses?: Losses;
  /** Program runs per step; their gradients are averaged. */
  readonly accumulation: number;
  /** The share of the learning rate for a weight; by default 1 for all. */
  readonly rateOf?: (weight: string) => number;
}

/** The loss of a batch, in total and by prediction. */
export interface LossNodes {
  readonly loss: Node;
  readonly parts: Readonly<Record<string, Node>>;
}

/** A batch as graph, with each image mixed for its time. */
export interface Mixture {
  readonly clean: Node;
  /** I_in; undefined in generation, where it is 0. */
  readonly input: Node | undefined;
  readonly residual: Node;
  readonly noise: Node;
  /** ᾱ_t and β̄_t of each image, [N, 1, 1, 1]. */
  readonly alphaBar: Node;
  readonly betaBar: Node;
  /** The networks' inputs, I_t first. */
  readonly seen: NetworkInputs;
}

/** Mixes clean image, residual and noise: Eq. 7. */
export function mixture(config: ModelConfig, { batch, height, width }: ImageSizes): Mixture {
  const image = [batch, config.unet.channels, height, width];
  const { noisy: _noisy, ...seen } = networkFeeds(config, batch, height, width);
  const clean = feed('clean', image);
  const noise = feed('noise', image);
  // Generation has no input (I_in = 0); elsewhere the residual needs it, even if the network does not.
  const input = config.task === 'generation' ? undefined : (seen.input ?? feed('input', image));
  const residual = input ? subtract(input, clean) : negate(clean);
  const alphaBar = feed('alphaBar', [batch, 1, 1, 1]);
  const betaBar = feed('betaBar', [batch, 1, 1, 1]);
  const mixed = add(multiply(alphaBar, residual), multiply(betaBar, noise));
  const noisy = add(clean, mixed); // Eq. 7
  return { clean, input, residual, noise, alphaBar, betaBar, seen: { ...seen, noisy } };
}

/** Mixes, predicts and measures: Eq. 7, then Eq. 14 and 15. */
export function lossOf(
  config: ModelConfig,
  options: Pick<StepOptions, 'loss'> & ImageSizes,
  parameters: Parameters,
): LossNodes {
  const { clean, residual, noise, seen } = mixture(config, options);
  const predicted = networks(config, seen, parameters);
  const error = (wanted: Node, given: Node): Node => errorOf(options.loss, wanted, given);
  const parts: Record<string, Node> = {};
  if (predicted.clean) parts.cleanLoss = error(clean, predicted.clean);
  if (predicted.residual) parts.residualLoss = error(residual, predicted.residual); // Eq. 14
  if (predicted.noise) {
    // A second decoder of residual + noise is measured as their sum, as in the reference, independently of the first
    // decoder.
    const both = config.networks === 'shared-encoder' && config.secondDecoder === 'residual-plus-noise';
    const [wanted, given] = both
      ? [add(residual, noise), add(predicted.residual as Node, predicted.noise)]
      : [noise, predicted.noise];
    parts.noiseLoss = error(wanted, given); // Eq. 15
  }
  return { loss: Object.values(parts).reduce((total, part) => add(total, part)), parts };
}

/**
 * The optimiser of each weight. The gradient of the summed loss is already each network's own, since neither loss
 * depends on the other network; separate optimisers only differ in the norm that they clip by.
 */
const optimiserOf = ({ losses }: Pick<StepOptions, 'losses'>): ((weight: string) => string) | undefined =>
  losses === 'separate' ? (weight) => (weight.startsWith('unet0.') ? 'residual' : 'noise') : undefined;

/** The programs of a training step, and the states they share. */
export function stepPrograms(config: ModelConfig, options: StepOptions): Record<string, Program> {
  const { parameters, nodes } = stateParameters();
  return programsOf(lossOf(config, options, parameters), nodes, options);
}

/**
 * The programs of a step that minimises a loss.
 *
 * @param watched weights whose next values the step returns besides losses and norms
 */
export function programsOf(
  { loss, parts }: LossNodes,
  weights: ReadonlyMap<string, Node<'input'>>,
  options: StepOptions,
  watched: (updates: Readonly<Record<string, Node>>) => Readonly<Record<string, Node>> = () => ({}),
): Record<string, Program> {
  const { accumulation } = options;
  const gradients = gradient(loss, [...weights.values()]);
  // If there is only one part, its name would be a second name for the loss.
  const losses: Record<string, Node> = Object.keys(parts).length > 1 ? { loss, ...parts } : { loss };

  const names = [...weights.keys()];
  const sums = names.map((name, i) => state(stateNames.gradientSum(name), gradients[i].shape));
  const total = accumulation === 1 ? gradients : gradients.map((g, i) => multiply(add(g, sums[i]), 1 / accumulation));
  const { updates, gradientNorm, gradientNorms } = optimiserStep(
    weights,
    total,
    options,
    optimiserOf(options),
    options.rateOf,
  );
  const { residual, noise } = gradientNorms;
  const norms = { gradientNorm, ...(residual && { residualGradientNorm: residual, noiseGradientNorm: noise }) };
  const outputs = { ...losses, ...norms, ...watched(updates) };
  const step: Record<string, Node> = { ...updates };
  if (accumulation === 1) return { step: createProgram('step', outputs, step) };

  const accumulate: Record<string, Node> = {};
  names.forEach((name, i) => {
    accumulate[stateNames.gradientSum(name)] = add(sums[i], gradients[i]);
    step[stateNames.gradientSum(name)] = multiply(sums[i], 0);
  });
  return {
    accumulate: createProgram('accumulate', losses, accumulate),
    step: createProgram('step', outputs, step),
  };
}

/** Every state at the start of training: the weights, zero moments, and the average equal to the weights. */
export function initialStates(weights: TensorMap, accumulation: number): Record<string, Tensor> {
  const states: Record<string, Tensor> = {};
  for (const [name, weight] of Object.entries(weights)) {
    states[name] = weight;
    states[stateNames.firstMoment(name)] = filled(weight.shape, 0);
    states[stateNames.secondMoment(name)] = filled(weight.shape, 0);
    states[stateNames.average(name)] = weight;
    if (accumulation > 1) states[stateNames.gradientSum(name)] = filled(weight.shape, 0);
  }
  return states;
}

/** One batch: images [N, C, H, W] in [-1, 1], noise, and one time index per image. */
export interface TrainingBatch {
  readonly clean: Tensor;
  readonly input?: Tensor | undefined;
  readonly mask?: Tensor | undefined;
  readonly noise: Tensor;
  readonly time: ArrayLike<number>;
}

/** The feeds of `lossOf` for a batch. */
export function batchFeeds(config: ModelConfig, schedule: Schedule, batch: TrainingBatch): Record<string, Tensor> {
  const times = Array.from(batch.time);
  const perImage = (values: readonly number[]): Tensor => tensor([times.length, 1, 1, 1], values);
  const at = times.map((time) => cumulativeAt(schedule, time));
  const { embeddedTimes } = networkOf(config.unet);
  const told = config.time === 'cumulative' ? at.map(({ alphaBar }) => alphaBar * schedule.timesteps) : times;
  return {
    clean: batch.clean,
    noise: batch.noise,
    ...(batch.input && { input: batch.input }),
    ...(batch.mask && config.condition === 'input-and-mask' && { mask: batch.mask }),
    alphaBar: perImage(at.map(({ alphaBar }) => alphaBar)),
    betaBar: perImage(at.map(({ betaBar }) => betaBar)),
    residualTime: embeddedTimes(told),
    ...(config.time === 'cumulative' && {
      noiseTime: embeddedTimes(at.map(({ betaBar }) => betaBar * schedule.timesteps)),
    }),
  };
}
