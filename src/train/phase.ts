/**
 * A phase of a run: training the model or, before it, choosing an automatic objective. Each phase has its own programs,
 * weights and rates; the loop runs either in the same way. Stages of a phase only differ in the sizes of its programs.
 */
import type { Schedule } from '../diffusion/schedule.ts';
import type { Program } from '../graph/program.ts';
import type { Tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import type { ParameterSpec } from '../nn/parameters.ts';
import type { TrainConfig } from './config.ts';
import { type Stage, stagesOf } from './growth.ts';
import { optimiserFeeds } from './optimiser.ts';
import { averageRateAt, learningRateAt } from './rates.ts';
import { type SelectedObjective, selectionFeeds, selectionParameters, selectionPrograms } from './selection.ts';
import { batchFeeds, stepPrograms, type TrainingBatch } from './step.ts';

/** The choice of an automatic objective, and the step after which it was made. */
export interface Choice {
  readonly objective: SelectedObjective;
  readonly step: number;
}

export interface Phase {
  /** The weights to train. */
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  programs(): Record<string, Program>;
  feeds(schedule: Schedule, batch: TrainingBatch): Record<string, Tensor>;
  learningRate(step: number): number;
  /** The feeds of a step's last program besides the batch. */
  optimiserFeeds(step: number): Record<string, Tensor>;
}

/** The model with the objective it is trained for; with an automatic one before the choice, its network. */
export const chosenModel = ({ model }: TrainConfig, choice: Choice | undefined): ModelConfig =>
  choice ? { ...model, objective: choice.objective } : model;

/**
 * @param choice the choice so far; undefined if the model has its own objective
 * @param stage the size of the steps, by default that of the first
 */
export function phaseOf(
  config: TrainConfig,
  choice: Choice | undefined,
  { crop, batch }: Pick<Stage, 'crop' | 'batch'> = stagesOf(config)[0],
): Phase {
  const { accumulation, loss, losses, optimiser, average } = config;
  const options = { ...optimiser, loss, losses, batch, height: crop, width: crop, accumulation };
  const model = chosenModel(config, choice);
  if (config.objective === 'automatic' && !choice) {
    return {
      parameters: selectionParameters(model),
      programs: () => selectionPrograms(model, options, config.selection),
      feeds: (schedule, images) => selectionFeeds(model, schedule, images),
      // No warmup and no decay, as in Algorithm 2; a network that will be discarded needs no average.
      learningRate: () => optimiser.learningRate,
      optimiserFeeds: (step) => optimiserFeeds(step, optimiser.learningRate, 1, optimiser),
    };
  }
  // New weights start over: rates, corrections and average count their own steps.
  const before = choice?.step ?? 0;
  const learningRate = (step: number): number => learningRateAt(step - before, config.steps - before, optimiser);
  return {
    parameters: modelParameters(model),
    programs: () => stepPrograms(model, options),
    feeds: (schedule, images) => batchFeeds(model, schedule, images),
    learningRate,
    optimiserFeeds: (step) =>
      optimiserFeeds(step - before, learningRate(step), averageRateAt(step - before, average), optimiser),
  };
}
