/**
 * What a run trains at a time: the model; or before it, where the objective is automatic, the choice of one. Each phase
 * has programs, weights and rates of its own; the loop runs either in the same way.
 */
import type { Schedule } from '../diffusion/schedule.ts';
import type { Program } from '../graph/program.ts';
import type { Tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import type { ParameterSpec } from '../nn/parameters.ts';
import { averageRateAt, learningRateAt, type TrainConfig } from './config.ts';
import { optimiserFeeds } from './optimiser.ts';
import { type SelectedObjective, selectionFeeds, selectionParameters, selectionPrograms } from './selection.ts';
import { batchFeeds, stepPrograms, type TrainingBatch } from './step.ts';

/** What an automatic objective became, and after which step. */
export interface Choice {
  readonly objective: SelectedObjective;
  readonly step: number;
}

export interface Phase {
  /** The weights that learn. */
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  programs(): Record<string, Program>;
  feeds(schedule: Schedule, batch: TrainingBatch): Record<string, Tensor>;
  learningRate(step: number): number;
  /** What the last program of a step of the run is fed beside the batch. */
  optimiserFeeds(step: number): Record<string, Tensor>;
}

/** The model with the objective that it is trained for; of an automatic one before the choice, its network. */
export const chosenModel = ({ model }: TrainConfig, choice: Choice | undefined): ModelConfig =>
  choice ? { ...model, objective: choice.objective } : model;

/** @param choice what has been chosen so far; nothing where the model says its objective itself */
export function phaseOf(config: TrainConfig, choice: Choice | undefined): Phase {
  const { data, batch, accumulation, loss, losses, optimiser, average } = config;
  const options = { ...optimiser, loss, losses, batch, height: data.crop, width: data.crop, accumulation };
  const model = chosenModel(config, choice);
  if (config.objective === 'automatic' && !choice) {
    return {
      parameters: selectionParameters(model),
      programs: () => selectionPrograms(model, options, config.selection),
      feeds: (schedule, images) => selectionFeeds(model, schedule, images),
      // No warmup and no decay, as in Algorithm 2; the average is of no use to a network that is thrown away.
      learningRate: () => optimiser.learningRate,
      optimiserFeeds: (step) => optimiserFeeds(step, optimiser.learningRate, 1, optimiser),
    };
  }
  // New weights begin anew: rates, corrections and average count their own steps.
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
