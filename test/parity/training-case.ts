/** `train-*`: the losses of a dozen training steps, and the weights after them. */
import { type Tensor, type TensorMap, tensor } from '../../src/math/tensor.ts';
import { networkOf } from '../../src/networks/registry.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { optimiserFeeds } from '../../src/train/optimiser.ts';
import { batchFeeds, initialStates, stepPrograms, type TrainingBatch } from '../../src/train/step.ts';
import { type Check, NotTestable, relativeL2, worst } from './check.ts';
import type { GoldenFile } from './golden-file.ts';
import { recoverInitialWeights } from './initial-weights.ts';
import { type GoldenModel, modelOf } from './model-of.ts';
import { type TrainingSettings, trainingBatches, trainingSettings } from './training-settings.ts';

/** The feeds of a program run for a batch. */
function feedsOf({ config, schedule, networkTime }: GoldenModel, batch: TrainingBatch): Record<string, Tensor> {
  const feeds = batchFeeds(config, schedule, batch);
  if (!networkTime) return feeds;
  return { ...feeds, residualTime: networkOf(config.unet).embeddedTimes(Array.from(batch.time, networkTime)) };
}

/** The losses of all program runs, the gradient norms of all steps, and the weights after them. */
async function train(
  { config }: GoldenModel,
  { options, learningRate }: TrainingSettings,
  runs: readonly Record<string, Tensor>[],
  initial: TensorMap,
  runtime: Runtime,
) {
  const { accumulation } = options;
  const executable = await runtime.load(stepPrograms(config, options), initialStates(initial, accumulation));
  const losses: number[] = [];
  const norms: number[] = [];
  for (const [i, feeds] of runs.entries()) {
    if ((i + 1) % accumulation !== 0) {
      losses.push((await executable.run('accumulate', feeds)).loss.data[0]);
      continue;
    }
    const step = optimiserFeeds((i + 1) / accumulation, learningRate, 0, { kind: 'adam', ...options });
    const { loss, gradientNorm } = await executable.run('step', { ...feeds, ...step });
    losses.push(loss.data[0]);
    norms.push(gradientNorm.data[0]);
  }
  const weights = await executable.readStates(Object.keys(initial));
  await executable.release();
  return { losses, norms, weights };
}

/** The means of every `count` values. */
const means = (values: readonly number[], count: number): number[] =>
  Array.from({ length: values.length / count }, (_, i) => {
    const part = values.slice(i * count, (i + 1) * count);
    return part.reduce((total, value) => total + value, 0) / count;
  });

/** The largest relative error; infinite if the counts differ. */
function relative(ours: readonly number[], golden: Float64Array): number {
  if (ours.length !== golden.length) return Number.POSITIVE_INFINITY;
  return worst(Array.from(golden, (value, i) => Math.abs(ours[i] - value) / Math.abs(value)));
}

/** All updates as one vector. */
function update(after: TensorMap, before: TensorMap): Tensor {
  const values = Object.keys(before).flatMap((name) =>
    Array.from(after[name].data, (x, i) => x - before[name].data[i]),
  );
  return tensor([values.length], values);
}

export async function trainingCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const model = modelOf(golden, 'initial/');
  const settings = trainingSettings(golden);
  const { steps, options } = settings;
  const runs = trainingBatches(golden, model, settings).map((batch) => feedsOf(model, batch));

  const [stored, final] = [model.weights('initial/'), model.weights('final/')];
  const isTrained = Object.keys(stored).some((name) => stored[name].data.some((x, i) => x !== final[name].data[i]));
  const recovered = isTrained
    ? undefined
    : await recoverInitialWeights(golden.path, model.config, settings, final, runs, runtime);
  if (!isTrained && !recovered) {
    throw new NotTestable(
      'initial/ equals final/, and no checkpoint beside it has the optimiser state to go back from',
    );
  }
  const initial = recovered ?? stored;
  const { losses, norms, weights } = await train(model, settings, runs, initial, runtime);

  const goldenLosses = golden.numbers('loss');
  // The reference logs the mean over the batches of a step.
  const ours = goldenLosses.length === steps ? means(losses, options.accumulation) : losses;
  const how = recovered ? ', from initial weights recovered' : '';
  return [
    { quantity: `${goldenLosses.length} losses${how}`, error: relative(ours, goldenLosses), limit: 1e-4 },
    ...(golden.has('grad_norm')
      ? [
          {
            quantity: `${steps} gradient norms${how}`,
            error: relative(norms, golden.numbers('grad_norm')),
            limit: 1e-3,
          },
        ]
      : []),
    {
      quantity: `weight update${how}`,
      error: relativeL2(update(weights, initial), update(final, initial)),
      limit: 2e-2,
    },
  ];
}
