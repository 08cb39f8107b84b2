/** `train-*`: the losses of a dozen training steps, and the weights after them. */
import { matchWeights } from '../../src/checkpoint/match.ts';
import { createSchedule } from '../../src/diffusion/schedule.ts';
import { type Tensor, type TensorMap, tensor } from '../../src/math/tensor.ts';
import { modelParameters } from '../../src/model/networks.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { optimiserFeeds } from '../../src/train/optimiser.ts';
import { batchFeeds, initialStates, stepPrograms, type TrainingBatch } from '../../src/train/step.ts';
import { type Check, NotTestable, relativeL2, worst } from './check.ts';
import { entry, type GoldenFile, lossKind } from './golden-file.ts';
import { recoverInitialWeights } from './initial-weights.ts';
import { modelOf } from './model-of.ts';

export async function trainingCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const config = modelOf(golden, 'initial/');
  const clean = golden.tensor('clean');
  const [steps, batch, , height, width] = clean.shape;
  const [beta1, beta2] = golden.list('adam_betas');
  const learningRate = golden.number('learning_rate');
  const options = {
    beta1,
    beta2,
    epsilon: golden.number('adam_eps'),
    clipNorm: golden.number('clip_grad_norm'),
    loss: lossKind(golden),
    batch,
    height,
    width,
    accumulation: 1,
  };
  const times = golden.numbers('time');
  const batches = Array.from({ length: steps }, (_, step): TrainingBatch => {
    const part = (name: string) => (golden.has(name) ? entry(golden.tensor(name), step) : undefined);
    return {
      clean: entry(clean, step),
      input: part('input'),
      mask: part('mask'),
      noise: entry(golden.tensor('noise'), step),
      time: times.subarray(step * batch, (step + 1) * batch),
    };
  });

  const specs = modelParameters(config);
  const shapes = Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, shape]));
  const final = matchWeights(shapes, golden.under('final/'), golden.name);
  const stored = matchWeights(shapes, golden.under('initial/'), golden.name);
  const isTrained = Object.keys(shapes).some((name) => stored[name].data.some((x, i) => x !== final[name].data[i]));
  const recovered = isTrained
    ? undefined
    : await recoverInitialWeights(golden.path, config, { ...options, learningRate }, final, batches, runtime);
  if (!isTrained && !recovered) {
    throw new NotTestable('initial/ equals final/, and no checkpoint beside holds the optimiser state to go back with');
  }
  const initial = recovered ?? stored;

  const executable = await runtime.load(stepPrograms(config, options), initialStates(initial, 1));
  const schedule = createSchedule(config.schedule);
  const losses: number[] = [];
  const norms: number[] = [];
  for (const [i, one] of batches.entries()) {
    const feeds = { ...batchFeeds(config, schedule, one), ...optimiserFeeds(i + 1, learningRate, 0, options) };
    const { loss, gradientNorm } = await executable.run('step', feeds);
    losses.push(loss.data[0]);
    norms.push(gradientNorm.data[0]);
  }
  const given = await executable.readStates(Object.keys(shapes));
  await executable.release();

  const relative = (ours: readonly number[], name: string): number =>
    worst(Array.from(golden.numbers(name), (value, i) => Math.abs(ours[i] - value) / Math.abs(value)));
  // All updates as one vector: the update of the network.
  const update = (after: TensorMap): Tensor => {
    const values = Object.keys(shapes).flatMap((name) =>
      Array.from(after[name].data, (x, i) => x - initial[name].data[i]),
    );
    return tensor([values.length], values);
  };
  const how = recovered ? ', from initial weights recovered' : '';
  return [
    { quantity: `${steps} losses${how}`, error: relative(losses, 'loss'), limit: 1e-4 },
    ...(golden.has('grad_norm')
      ? [{ quantity: `${steps} gradient norms${how}`, error: relative(norms, 'grad_norm'), limit: 1e-3 }]
      : []),
    { quantity: `weight update${how}`, error: relativeL2(update(given), update(final)), limit: 2e-2 },
  ];
}
