/** The cost of a preset's step, measured on random pictures, since their content does not change the time. */
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import { normalTensor } from '../src/math/random.ts';
import { filled, type Tensor } from '../src/math/tensor.ts';
import { countModel } from '../src/operations/inspect/size.ts';
import { type TrainConfig, trainConfig } from '../src/train/config.ts';
import { train } from '../src/train/loop.ts';
import type { TrainingBatch } from '../src/train/step.ts';
import { peakRssMb } from './memory.ts';

/** The figures of one preset. */
export interface PresetCost {
  readonly preset: string;
  readonly parameters: number;
  /** Of one picture, forward, with the network as the paper writes it. */
  readonly multiplyAdds: number;
  /** The side of the squares. */
  readonly size: number;
  /** Pictures per program run, and runs per step. */
  readonly part: number;
  readonly parts: number;
  readonly peakBytes: number;
  readonly secondsAStep: number;
  /** For the whole training. */
  readonly steps: number;
}

/**
 * The most pixels of a program run: one picture of the paper's restoration tasks, which takes 6.5 GB with accumulation.
 */
const PIXELS = 256 * 256;

/** A step's pictures in equal parts that fit, with the gradient accumulated: the same step. */
export function partsOf({ batch, accumulation, data }: TrainConfig): { part: number; parts: number } {
  const pictures = batch * accumulation;
  let part = Math.max(1, Math.min(batch, Math.floor(PIXELS / data.crop ** 2)));
  while (pictures % part !== 0) part--;
  return { part, parts: pictures / part };
}

function randomBatch({ batch, data, model }: TrainConfig): TrainingBatch {
  const shape = [batch, model.unet.channels, data.crop, data.crop];
  const picture = (name: string): Tensor => normalTensor(shape, 0, [name]);
  return {
    clean: picture('clean'),
    noise: picture('noise'),
    ...(model.task !== 'generation' && { input: picture('input') }),
    ...(model.condition === 'input-and-mask' && { mask: filled(shape, 1) }),
    time: Array.from({ length: batch }, (_, i) => (i * 37) % model.schedule.timesteps),
  };
}

/**
 * Takes some steps and measures the last.
 *
 * @param config the preset's configuration
 */
export async function costOf(preset: string, config: TrainConfig, steps: number): Promise<PresetCost> {
  const { part, parts } = partsOf(config);
  const { optimiser, average } = config;
  const small = trainConfig({
    ...config,
    batch: part,
    accumulation: parts,
    steps,
    optimiser: { ...optimiser, warmup: 0 },
    average: { ...average, warmup: 0 },
  });
  const runtime = createOrtRuntime();
  const batch = randomBatch(small);
  let began = 0;
  let secondsAStep = Number.NaN;
  try {
    for await (const { kind } of train({ config: small, runtime, batches: async () => batch })) {
      const now = performance.now();
      if (kind === 'step') secondsAStep = (now - began) / 1000;
      began = now;
    }
  } finally {
    await runtime.close();
  }
  const { crop } = config.data;
  const { parameters, multiplyAdds } = countModel(config.model, { height: crop, width: crop }).total;
  const peakBytes = peakRssMb() * 2 ** 20;
  return { preset, parameters, multiplyAdds, size: crop, part, parts, peakBytes, secondsAStep, steps: config.steps };
}
