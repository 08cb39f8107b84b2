/** The optimiser, loss and batches of a training case, as its file states them. */
import { expected } from '../../src/math/errors.ts';
import type { Tensor } from '../../src/math/tensor.ts';
import type { StepOptions, TrainingBatch } from '../../src/train/step.ts';
import { NotTestable } from './check.ts';
import { entry, type GoldenFile, lossKind } from './golden-file.ts';
import type { GoldenModel } from './model-of.ts';

export interface TrainingSettings {
  readonly options: StepOptions;
  readonly learningRate: number;
  /** Optimiser steps, each with `options.accumulation` batches. */
  readonly steps: number;
}

/** Splits tensors [steps, batch, C, H, W] or [steps, accumulation, batch, C, H, W] into one batch per program run. */
function perRun(golden: GoldenFile, name: string): Tensor {
  const { shape, data } = golden.tensor(name);
  return shape.length === 6 ? { shape: [shape[0] * shape[1], ...shape.slice(2)], data } : { shape, data };
}

/** Program runs per step: stated, or inferred from the number of batches per gradient norm or loss. */
function accumulationOf(golden: GoldenFile, runs: number): number {
  const setting = ['accumulation', 'gradient_accumulation', 'gradient_accumulate_every'].find(
    (name) => golden.optional(name) !== undefined,
  );
  const steps = golden.numbers(golden.has('grad_norm') ? 'grad_norm' : 'loss').length;
  const accumulation = setting ? golden.number(setting) : runs / steps;
  if (Number.isInteger(accumulation) && accumulation > 0 && runs % accumulation === 0) return accumulation;
  const what = `${runs} batches to be divisible by the ${steps} steps`;
  throw expected(golden.name, what, `accumulation ${accumulation}`);
}

/** We only have plain Adam; another optimiser does not count as a failure. */
function requireAdam(golden: GoldenFile): void {
  for (const setting of ['optimiser', 'optimizer']) {
    const words = golden.optional(setting);
    if (words !== undefined && !/^adam\b/i.test(words)) throw new NotTestable(`${setting} ${words}, which we lack`);
  }
  const decay = golden.numberOr('weight_decay', 0);
  if (decay !== 0) throw new NotTestable(`weight_decay ${decay}, which we lack`);
}

function clipNormOf(golden: GoldenFile): number | 'none' {
  return /^(none|inf|infinity|no|false)$/i.test(golden.text('clip_grad_norm'))
    ? 'none'
    : golden.number('clip_grad_norm');
}

export function trainingSettings(golden: GoldenFile): TrainingSettings {
  requireAdam(golden);
  const [runs, batch, , height, width] = perRun(golden, 'clean').shape;
  const accumulation = accumulationOf(golden, runs);
  const steps = runs / accumulation;
  const stated = golden.numberOr('steps', steps);
  if (stated !== steps) throw expected(golden.name, `batches for ${stated} steps`, `batches for ${steps}`);
  const [beta1, beta2] = golden.list('adam_betas');
  return {
    options: {
      beta1,
      beta2,
      epsilon: golden.number('adam_eps'),
      clipNorm: clipNormOf(golden),
      loss: lossKind(golden),
      batch,
      height,
      width,
      accumulation,
    },
    learningRate: golden.number('learning_rate'),
    steps,
  };
}

/** The batch of each program run, in order. */
export function trainingBatches(golden: GoldenFile, model: GoldenModel, { options, steps }: TrainingSettings) {
  const { batch, accumulation } = options;
  const times = golden.numbers('time');
  const stored = (name: string) => (golden.has(name) ? perRun(golden, name) : undefined);
  const [clean, input, mask, noise] = [
    perRun(golden, 'clean'),
    stored('input'),
    stored('mask'),
    perRun(golden, 'noise'),
  ];
  return Array.from(
    { length: steps * accumulation },
    (_, run): TrainingBatch => ({
      clean: entry(clean, run),
      input: input && entry(input, run),
      mask: model.mask(mask && entry(mask, run)),
      noise: entry(noise, run),
      time: times.subarray(run * batch, (run + 1) * batch),
    }),
  );
}
