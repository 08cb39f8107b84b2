/** Stores what a run has learnt: its model, its best model and its checkpoint. */
import { mapPaths } from '../../data/dataset-config.ts';
import type { ModelConfig } from '../../model/config.ts';
import { averagedWeights, encodeCheckpoint, holdsModel, type TrainingState } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';
import { chosenModel } from '../../train/phase.ts';
import type { ValidationScores } from '../../train/validation-progress.ts';
import type { RunLog } from './run-log.ts';
import { runNames } from './run-place.ts';
import { type RunValidation, validateState } from './run-validation.ts';
import type { RunEvent, TrainingRun } from './training-run.ts';

/** A run whose place is ready for its files. */
export interface OpenRun extends TrainingRun {
  /** The fingerprint of the training pictures. */
  readonly data: string;
  readonly log: RunLog;
  readonly validation: RunValidation | undefined;
}

/**
 * The model trained so far; its provenance is what determines its weights. Of paths only the last name is kept, since a
 * model may be copied elsewhere.
 */
function trainedModel(
  config: TrainConfig,
  { step, choice }: TrainingState,
  nameOf: (path: string) => string,
): ModelConfig & { readonly training: Readonly<Record<string, unknown>> } {
  const { batch, growth, accumulation, loss, losses, times, optimiser, average, seed, validation, init, earlier } =
    config;
  const data = mapPaths(config.data, nameOf);
  const selection = choice && { ...config.selection, chosenAt: choice.step };
  const heldBack = validation?.share !== undefined && { share: validation.share, seed: validation.seed };
  return {
    ...chosenModel(config, choice),
    training: {
      steps: step,
      batch,
      ...(growth && { growth }),
      accumulation,
      loss,
      losses,
      times,
      optimiser,
      average,
      seed,
      data,
      ...(selection && { selection }),
      ...(heldBack && { heldBack }),
      ...(init && { init }),
      ...(earlier && { earlier }),
    },
  };
}

/**
 * The model comes first: once the checkpoint exists, everything up to it does. Returns the model's folder, if there is
 * one.
 */
async function saveModel(
  { config, place, pictures, data }: OpenRun,
  state: TrainingState,
): Promise<string | undefined> {
  const holds = holdsModel(config, state);
  if (holds) {
    const model = trainedModel(config, state, pictures.files.nameOf);
    await place.saveModel({ config: model, weights: averagedWeights(config, state.states) }, runNames.model);
  }
  await place.store.write(runNames.checkpoint, encodeCheckpoint(state, data));
  return holds ? runNames.model : undefined;
}

/** JSON has no infinity, the PSNR of identical pictures. */
const inJson = ({ psnr, ssim }: ValidationScores) => ({ psnr: Number.isFinite(psnr) ? psnr : String(psnr), ssim });

/**
 * Stores the best model, after the checkpoint that knows of it. A crash between the two leaves the best one before;
 * resuming stores this one again, from the checkpoint.
 *
 * @param input the scores of the untouched inputs
 */
async function saveBest(
  { config, place, pictures }: OpenRun,
  state: TrainingState,
  scores: ValidationScores,
  input: ValidationScores,
): Promise<void> {
  const { training, ...model } = trainedModel(config, state, pictures.files.nameOf);
  const validation = { ...inJson(scores), input: inJson(input) };
  await place.saveModel(
    {
      config: { ...model, training: { ...training, validation } },
      weights: averagedWeights(config, state.states),
    },
    runNames.best,
  );
}

/**
 * Stores a state, with what its validation told if there was one. The log comes first, and never lags behind.
 *
 * @returns the model's folder, if there is a model yet
 */
export async function saveState(
  run: OpenRun,
  state: TrainingState,
  told: Awaited<ReturnType<typeof validateState>>,
): Promise<string | undefined> {
  const { log, validation } = run;
  const { step } = state;
  if (told?.kind === 'validated') {
    const { psnr, ssim, input } = told;
    log.scalars(step, {
      'validation/psnr': psnr,
      'validation/ssim': ssim,
      'validation/inputPsnr': input.psnr,
      'validation/inputSsim': input.ssim,
    });
  }
  await log.flush();
  const progress = validation?.progress;
  const model = await saveModel(run, { ...state, ...(progress && { validation: progress }) });
  if (validation && progress?.best.step === step) await saveBest(run, state, progress.best, validation.squares.input);
  return model;
}

/**
 * What comes before the first step of a run that does not start from random weights. A resumed one makes up for what was
 * due when it stopped or was killed; a new one stores the weights that it starts from, since nothing else of the run
 * knows them.
 */
export async function* beginFrom(
  run: OpenRun,
  start: TrainingState,
  mode: 'new' | 'resume',
): AsyncGenerator<RunEvent, void> {
  const { validation } = run;
  const told = validation && (await validateState(run, start, validation));
  if (mode === 'new' || told || validation?.progress?.best.step === start.step) await saveState(run, start, told);
  if (told) yield told;
}
