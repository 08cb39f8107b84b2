/** Shared by tests: training loops on the reference evaluator, with networks of a few hundred weights. */
import assert from 'node:assert/strict';
import { normalTensor } from '../../src/math/random.ts';
import type { Tensor, TensorMap } from '../../src/math/tensor.ts';
import { createReferenceRuntime } from '../../src/runtime/reference.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../../src/train/checkpoint.ts';
import { type TrainConfig, type TrainConfigInput, trainConfig } from '../../src/train/config.ts';
import { type TrainEvent, type TrainOptions, train } from '../../src/train/loop.ts';
import type { TrainingBatch } from '../../src/train/step.ts';

export const SIDE = 8;

export const configOf = (fields: Partial<TrainConfigInput> = {}): TrainConfig =>
  trainConfig({
    model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
    data: { kind: 'degraded', clean: 'photos', crop: SIDE, degradation: { kind: 'rain' } },
    steps: 4,
    accumulation: 1,
    optimiser: { learningRate: 1e-2, decay: 'cosine', warmup: 1 },
    average: { decay: 0.5, every: 2, warmup: 1 },
    sampleEvery: 0,
    ...fields,
  });

/** Batch number `index`, as a loader would make it: the same number gives the same batch. */
export const batches = async (index: number): Promise<TrainingBatch> => {
  const picture = (name: string): Tensor => {
    const { shape, data } = normalTensor([1, 3, SIDE, SIDE], 3, ['loop test', name, index]);
    return { shape, data: data.map((value) => value / 3) };
  };
  return { clean: picture('clean'), input: picture('input'), noise: picture('noise'), time: [(index * 397) % 1000] };
};

/**
 * The reference evaluator, with float32 states between runs, like every other runtime. By itself it keeps float64,
 * which no checkpoint can hold.
 */
export function float32Runtime(): Runtime {
  const reference = createReferenceRuntime();
  return {
    ...reference,
    async load(programs, states) {
      let executable = await reference.load(programs, states);
      return {
        async run(name, feeds) {
          const outputs = await executable.run(name, feeds);
          const rounded: TensorMap = await executable.readStates();
          await executable.release();
          executable = await reference.load(programs, rounded);
          return outputs;
        },
        readStates: (names) => executable.readStates(names),
        residence: () => executable.residence(),
        placement: (name) => executable.placement(name),
        release: () => executable.release(),
      };
    },
  };
}

type Options = Partial<Omit<TrainOptions, 'config'>>;

export const eventsOf = (config: TrainConfig, options: Options = {}): AsyncGenerator<TrainEvent, void> =>
  train({ config, runtime: createReferenceRuntime(), batches, ...options });

export async function allEvents(config: TrainConfig, options: Options = {}): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of eventsOf(config, options)) events.push(event);
  return events;
}

/** An event as text: `ready 0`, `step 1`, `due 2`. */
export const word = (event: TrainEvent): string =>
  event.kind === 'checkpoint' ? `${event.reason} ${event.state.step}` : `${event.kind} ${event.step}`;

export const stepsOf = (events: readonly TrainEvent[]) => events.filter((event) => event.kind === 'step');

/** The state of the last event, which must be a checkpoint. */
export function lastState(events: readonly TrainEvent[]): TrainingState {
  const last = events[events.length - 1];
  assert.equal(last.kind, 'checkpoint');
  return (last as Extract<TrainEvent, { kind: 'checkpoint' }>).state;
}

/** What a resumed run gets: the state, written to a file and read again. */
export const throughFile = (config: TrainConfig, state: TrainingState): TrainingState => {
  const { data: _, ...read } = decodeCheckpoint(encodeCheckpoint(state, ''), config, 'checkpoint');
  return read;
};
