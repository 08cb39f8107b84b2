/**
 * The training loop as an async generator: it asks for batches, runs step programs, and tells what
 * happened. It writes nothing and knows no files; whoever listens keeps checkpoints and draws.
 */
import { createSchedule } from '../diffusion/schedule.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import type { Executable, Runtime } from '../runtime/runtime.ts';
import { storedStateNames, type TrainingState } from './checkpoint.ts';
import { averageRateAt, learningRateAt, type TrainConfig } from './config.ts';
import { optimiserFeeds } from './optimiser.ts';
import { batchFeeds, initialStates, stepPrograms, type TrainingBatch } from './step.ts';

/** What a run tells: `ready`, then steps and checkpoints. */
export type TrainEvent =
  | {
      /** The programs are loaded; steps follow. */
      readonly kind: 'ready';
      /** Steps done before. */
      readonly step: number;
    }
  | {
      readonly kind: 'step';
      /** 1 … steps */
      readonly step: number;
      readonly loss: number;
      /** The parts of the loss where there are two, of the residual and of the noise; with an optimiser each, of the norm too. */
      readonly parts: Readonly<Record<string, number>>;
      /** Norm of the gradient before clipping. */
      readonly gradientNorm: number;
      readonly learningRate: number;
    }
  | {
      readonly kind: 'checkpoint';
      readonly reason: 'due' | 'stopped' | 'finished';
      readonly state: TrainingState;
    };

/** What the loop runs on. */
export interface TrainOptions {
  readonly config: TrainConfig;
  readonly runtime: Runtime;
  /** The n-th batch of the run, from 0; the same number must give the same batch. */
  readonly batches: (index: number) => Promise<TrainingBatch>;
  /** Where to continue; from the seed's initial weights when absent. */
  readonly start?: TrainingState | undefined;
  /** Stops the run between two steps, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

/** The state before the first step. */
export function firstState(config: TrainConfig): TrainingState {
  const weights = initialWeights(modelParameters(config.model), config.seed);
  return { step: 0, states: initialStates(weights, config.accumulation) };
}

async function runStep(
  executable: Executable,
  { config, batches }: TrainOptions,
  schedule: ReturnType<typeof createSchedule>,
  step: number,
): Promise<Extract<TrainEvent, { kind: 'step' }>> {
  const { accumulation, optimiser, average } = config;
  const learningRate = learningRateAt(step, config.steps, optimiser);
  const totals: Record<string, number> = {};
  for (let part = 0; part < accumulation; part++) {
    const feeds = batchFeeds(config.model, schedule, await batches((step - 1) * accumulation + part));
    const isLast = part === accumulation - 1;
    const outputs = isLast
      ? await executable.run('step', {
          ...feeds,
          ...optimiserFeeds(step, learningRate, averageRateAt(step, average), optimiser),
        })
      : await executable.run('accumulate', feeds);
    for (const [name, { data }] of Object.entries(outputs)) {
      // A loss is the mean of its parts; what the last run alone returns is the whole step's.
      totals[name] = (totals[name] ?? 0) + (/loss$/i.test(name) ? data[0] / accumulation : data[0]);
    }
  }
  const { loss, gradientNorm, ...parts } = totals;
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    throw expected(
      'train',
      `a finite loss and gradient at step ${step}`,
      `loss ${loss} and gradient norm ${gradientNorm}`,
      `resume from the last checkpoint with --learning-rate below ${optimiser.learningRate}, and look for broken pictures`,
    );
  }
  return { kind: 'step', step, loss, parts, gradientNorm, learningRate };
}

/**
 * Trains a model.
 *
 * @returns events: each step; a checkpoint whenever one is due, at the end, and when `signal` stops the run
 * @throws RddmError when `start` is beyond the last step; when a loss or gradient is not finite: the states of that step are lost, the last checkpoint is good
 *
 * @example
 * ```ts
 * import { createReferenceRuntime, normalTensor, train, trainConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = trainConfig({
 *   model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
 *   data: { kind: 'degraded', clean: 'photos', crop: 8, degradation: { kind: 'rain' } },
 *   steps: 2, accumulation: 1, optimiser: { learningRate: 1e-3 },
 * });
 * const picture = (name: string) => normalTensor([1, 3, 8, 8], 0, [name]);
 * const batch = { clean: picture('clean'), input: picture('input'), noise: picture('noise'), time: [500] };
 * const kinds = [];
 * for await (const event of train({ config, runtime: createReferenceRuntime(), batches: async () => batch })) kinds.push(event.kind);
 * assert.deepEqual(kinds, ['ready', 'step', 'step', 'checkpoint']);
 * ```
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void> {
  const { config, runtime, start = firstState(config), signal } = options;
  const { model, data, batch, accumulation, loss, losses, optimiser } = config;
  if (start.step > config.steps) {
    throw expected(
      'train',
      `at least the ${start.step} steps that are done`,
      String(config.steps),
      'ask for more steps',
    );
  }
  const programs = stepPrograms(model, {
    ...optimiser,
    loss,
    losses,
    batch,
    height: data.crop,
    width: data.crop,
    accumulation,
  });
  const executable = await runtime.load(programs, start.states);
  const schedule = createSchedule(model.schedule);
  const snapshot = async (step: number): Promise<TrainingState> => ({
    step,
    states: (await executable.readStates(storedStateNames(config))) as TensorMap,
  });
  try {
    yield { kind: 'ready', step: start.step };
    for (let step = start.step + 1; step <= config.steps; step++) {
      if (signal?.aborted) {
        // Nothing done, nothing to save: random weights must never look like a model.
        if (step - 1 > start.step) yield { kind: 'checkpoint', reason: 'stopped', state: await snapshot(step - 1) };
        return;
      }
      yield await runStep(executable, options, schedule, step);
      if (step % config.checkpointEvery === 0 && step < config.steps) {
        yield { kind: 'checkpoint', reason: 'due', state: await snapshot(step) };
      }
    }
    yield { kind: 'checkpoint', reason: 'finished', state: await snapshot(config.steps) };
  } finally {
    await executable.release();
  }
}
