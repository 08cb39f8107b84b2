/**
 * The validations of one run: when they are due, what the best one was, and what a resumed run has to make up for. The
 * scores themselves are made in validation.ts.
 */
import type { Dataset } from '../../data/dataset.ts';
import { holdsModel, type TrainingState } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';
import { chosenModel } from '../../train/phase.ts';
import { isValidationDue } from '../../train/validation-config.ts';
import { afterValidation, type ValidationProgress } from '../../train/validation-progress.ts';
import { runNames } from './run-place.ts';
import type { BestModel, RunEvent, TrainingRun } from './training-run.ts';
import { openValidation, type ValidationSquares, validate } from './validation.ts';

/** The validations of a run. */
export interface RunValidation {
  readonly squares: ValidationSquares;
  /** Those so far, of these squares; undefined before the first. */
  progress: ValidationProgress | undefined;
}

/**
 * Makes the squares of a run with validation.
 *
 * @param before the validations in the checkpoint; those of other squares are forgotten
 * @returns undefined without validation
 */
export async function openRunValidation(
  { config, pictures }: Pick<TrainingRun, 'config' | 'pictures'>,
  dataset: Dataset | undefined,
  before: ValidationProgress | undefined,
): Promise<RunValidation | undefined> {
  const { validation } = config;
  if (!validation || !dataset) return undefined;
  const squares = await openValidation({ ...config, validation }, dataset, pictures);
  return { squares, progress: before?.squares === squares.hash ? before : undefined };
}

/** The best model so far. */
export const bestOf = (validation: RunValidation | undefined): BestModel | undefined =>
  validation?.progress && { ...validation.progress.best, input: validation.squares.input, model: runNames.best };

/** The squares of a resumed run are not those that its scores are of. */
export const forgottenScores = (step: number): RunEvent => ({
  kind: 'warning',
  step,
  message: 'the pictures to validate on have changed: earlier scores do not count, and the best model is chosen anew',
});

const isDue = (config: TrainConfig, state: TrainingState, { progress }: RunValidation): boolean =>
  holdsModel(config, state) && isValidationDue(config, state.step) && progress?.step !== state.step;

/**
 * Scores a state if a validation is due, and remembers the outcome. The steps matter more than their scores, so a
 * failure is only reported.
 *
 * @returns the event; undefined if nothing is due, or `signal` came: a resumed run then makes up for it
 */
export async function validateState(
  { config, runtime, signal }: Pick<TrainingRun, 'config' | 'runtime' | 'signal'>,
  state: TrainingState,
  validation: RunValidation,
): Promise<Extract<RunEvent, { kind: 'validated' | 'warning' }> | undefined> {
  if (signal?.aborted || !isDue(config, state, validation)) return undefined;
  const { squares } = validation;
  const { step } = state;
  try {
    const chosen = { ...config, model: chosenModel(config, state.choice) };
    const scores = await validate(chosen, runtime, state.states, squares, signal);
    validation.progress = afterValidation(validation.progress, squares.hash, step, scores);
    return { kind: 'validated', step, ...scores, input: squares.input, bestStep: validation.progress.best.step };
  } catch (error) {
    if (signal?.aborted) return undefined;
    return { kind: 'warning', step, message: `no validation of step ${step}: ${(error as Error).message}` };
  }
}

const decibels = (psnr: number): string => `${psnr.toFixed(2)} dB`;

/** What a finished run should be told about its model: it is no better than no model. */
export function validationWarning({ progress, squares }: RunValidation): string | undefined {
  if (!progress || progress.best.psnr > squares.input.psnr) return undefined;
  const best = `${decibels(progress.best.psnr)} after step ${progress.best.step}`;
  return `the model does not improve on its input: at best ${best}, and the input alone ${decibels(squares.input.psnr)}`;
}
