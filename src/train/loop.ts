/**
 * The training loop as an async generator: it requests batches, runs step programs, and yields events. It writes
 * nothing and knows no files; the consumer keeps checkpoints and draws.
 */
import { createSchedule } from '../diffusion/schedule.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { initialWeights } from '../nn/parameters.ts';
import type { Executable, Runtime } from '../runtime/runtime.ts';
import { storedStateNames, type TrainingState, withGradientSums } from './checkpoint.ts';
import type { TrainConfig } from './config.ts';
import { stageAt } from './growth.ts';
import { type Choice, type Phase, phaseOf } from './phase.ts';
import { type SelectedObjective, selected } from './selection.ts';
import { initialStates, type TrainingBatch } from './step.ts';

/** The events of a run: `ready`, then steps and checkpoints, and what an automatic objective becomes. */
export type TrainEvent =
  | {
      /** The programs are loaded; steps follow. */
      readonly kind: 'ready';
      /** The steps done before. */
      readonly step: number;
    }
  | {
      readonly kind: 'step';
      /** 1 … steps */
      readonly step: number;
      readonly loss: number;
      /**
       * The parts of the loss if it has two, for residual and noise; with an optimiser each, also the parts of the
       * norm.
       */
      readonly parts: Readonly<Record<string, number>>;
      /** Norm of the gradient before clipping. */
      readonly gradientNorm: number;
      readonly learningRate: number;
      /** While an objective is chosen: λ_res after the step. */
      readonly lambda?: number;
    }
  | {
      /**
       * An automatic objective is chosen: the network starts again from new weights and learns this from the next step.
       */
      readonly kind: 'chosen';
      /** The step after which it was chosen. */
      readonly step: number;
      readonly objective: SelectedObjective;
      /** λ_res, which counts as 1 or 0 from here. */
      readonly lambda: number;
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
  /** Where to continue; by default from the seed's initial weights. */
  readonly start?: TrainingState | undefined;
  /** Stops the run between two steps, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

/** The state of new weights, after `step` steps that trained other weights. */
function freshState(config: TrainConfig, step: number, choice?: Choice): TrainingState {
  const weights = initialWeights(phaseOf(config, choice).parameters, config.seed);
  return { step, states: initialStates(weights, config.accumulation), ...(choice && { choice }) };
}

/** The state before the first step. */
export const firstState = (config: TrainConfig): TrainingState => freshState(config, 0);

async function runStep(
  executable: Executable,
  phase: Phase,
  { config, batches }: TrainOptions,
  schedule: ReturnType<typeof createSchedule>,
  step: number,
): Promise<Extract<TrainEvent, { kind: 'step' }>> {
  const { accumulation, optimiser } = config;
  const totals: Record<string, number> = {};
  for (let part = 0; part < accumulation; part++) {
    const feeds = phase.feeds(schedule, await batches((step - 1) * accumulation + part));
    const isLast = part === accumulation - 1;
    const outputs = isLast
      ? await executable.run('step', { ...feeds, ...phase.optimiserFeeds(step) })
      : await executable.run('accumulate', feeds);
    for (const [name, { data }] of Object.entries(outputs)) {
      // A loss is the mean over its parts; other outputs come only from the last run, for the whole step.
      totals[name] = (totals[name] ?? 0) + (/loss$/i.test(name) ? data[0] / accumulation : data[0]);
    }
  }
  const { loss, gradientNorm, lambda, ...parts } = totals;
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    const limit = `a learning rate below ${optimiser.learningRate}`;
    throw expected(
      'train',
      `a finite loss and gradient at step ${step}`,
      `loss ${loss} and gradient norm ${gradientNorm}`,
      {
        remedy: `resume from the last checkpoint with ${limit}, and look for broken pictures`,
        field: 'learningRate',
      },
    );
  }
  const learningRate = phase.learningRate(step);
  return {
    kind: 'step',
    step,
    loss,
    parts,
    gradientNorm,
    learningRate,
    ...(lambda !== undefined && { lambda }),
  };
}

/**
 * Runs a stage of a phase from `start` to the stage's end, the run's end, a stop, or a choice.
 *
 * @param saved the steps that need no checkpoint when the run is stopped
 * @param tells `ready` once its programs are loaded, or nothing if steps went before it
 * @returns where the next stage or phase starts; undefined if the run ends
 */
async function* runStage(
  options: TrainOptions,
  start: TrainingState,
  saved: number,
  tells: 'ready' | 'nothing',
): AsyncGenerator<TrainEvent, TrainingState | undefined> {
  const { config, runtime, signal } = options;
  const { choice } = start;
  const stage = stageAt(config, start.step + 1);
  const phase = phaseOf(config, choice, stage);
  const executable = await runtime.load(phase.programs(), start.states);
  const schedule = createSchedule(config.model.schedule);
  const snapshot = async (step: number): Promise<TrainingState> => ({
    step,
    states: (await executable.readStates(storedStateNames(config, choice))) as TensorMap,
    ...(choice && { choice }),
  });
  try {
    if (tells === 'ready') yield { kind: 'ready', step: start.step };
    for (let step = start.step + 1; step <= stage.until; step++) {
      if (signal?.aborted) {
        // No step was done, so nothing is saved: random weights must never look like a model.
        if (step - 1 > saved) yield { kind: 'checkpoint', reason: 'stopped', state: await snapshot(step - 1) };
        return undefined;
      }
      const event = await runStep(executable, phase, options, schedule, step);
      yield event;
      const { lambda } = event;
      const objective = lambda === undefined ? undefined : selected(lambda, config.selection.threshold);
      if (objective) {
        yield { kind: 'chosen', step, objective, lambda: lambda as number };
        return freshState(config, step, { objective, step });
      }
      if (step % config.checkpointEvery === 0 && step < config.steps) {
        yield { kind: 'checkpoint', reason: 'due', state: await snapshot(step) };
      }
    }
    if (stage.until < config.steps) {
      const state = await snapshot(stage.until);
      return { ...state, states: withGradientSums(config, choice, state.states) };
    }
    yield { kind: 'checkpoint', reason: 'finished', state: await snapshot(config.steps) };
    return undefined;
  } finally {
    await executable.release();
  }
}

/**
 * Trains a model.
 *
 * @returns events: each step; a checkpoint whenever one is due, at the end, and when `signal` stops the run; the choice of an
 *   automatic objective (AOSA), if it comes within the steps, and a checkpoint with it
 * @throws RddmError if `start` is beyond the last step, or a loss or gradient is not finite: the states of that step
 *   are then lost, but the last checkpoint is good
 *
 * @example
 * ```ts
 * import { normalTensor, train, trainConfig } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
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
  const { config, start = firstState(config) } = options;
  if (start.step > config.steps) {
    throw expected(
      'train',
      `at least the ${start.step} steps already done`,
      String(config.steps),
      'ask for more steps',
    );
  }
  let state = start;
  let saved = start.step;
  for (;;) {
    const next: TrainingState | undefined = yield* runStage(
      options,
      state,
      saved,
      state === start ? 'ready' : 'nothing',
    );
    if (!next) return;
    if (next.choice !== state.choice) {
      // The choice is saved at once: it took hundreds of steps, of which the states keep nothing.
      if (next.step < config.steps) yield { kind: 'checkpoint', reason: 'due', state: next };
      saved = next.step;
    }
    state = next;
  }
}
