/**
 * One training batch as a pure function of seed and step: which pictures, which squares, which degradation, which
 * noise, which times. Nothing is carried from step to step, so a resumed run and a run with more workers see the same
 * bytes. Reading files is the caller's.
 */
import { createRandom, fillNormal, type Random } from '../math/random.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { type DatasetItem, type ExamplePlan, exampleMaker, type ReadPicture } from './example.ts';
import { imageIntoBatch } from './image.ts';

/** Everything that decides a batch but the step. */
export interface BatchPlan extends ExamplePlan {
  readonly items: readonly DatasetItem[];
  /** Examples in a batch. */
  readonly batch: number;
  /** T: times are drawn from 0 … T − 1. */
  readonly timesteps: number;
  readonly seed: number;
}

/** What a training step is fed with. N examples, C channels, S pixels a side. */
export interface Batch {
  readonly step: number;
  /** I_in, [N, C, S, S] in [-1, 1]; absent for generation. */
  readonly input?: Tensor;
  /** I₀, [N, C, S, S] in [-1, 1]. */
  readonly clean: Tensor;
  /** [N, C, S, S] in [0, 1] as the reference feeds it, not [-1, 1]; a grey mask stands in every channel. */
  readonly mask?: Tensor;
  /** ε, [N, C, S, S], standard normal. */
  readonly noise: Tensor;
  /** t of each example, uniform in 0 … T − 1. */
  readonly time: Int32Array<ArrayBuffer>;
}

/**
 * The order in which examples come: every epoch is a new shuffle of all, so each is seen equally often.
 *
 * @returns the item at a position counted from the start of training
 */
export function epochOrder(seed: number, count: number): (position: number) => number {
  let shuffledEpoch = -1;
  const order = new Uint32Array(count);
  return (position) => {
    const epoch = Math.floor(position / count);
    if (epoch !== shuffledEpoch) {
      const random = createRandom(seed, ['order', epoch]);
      for (let i = 0; i < count; i++) {
        // Fisher and Yates, from the inside out: starts from nothing, so an epoch does not depend on the one before.
        const j = random.integer(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
      shuffledEpoch = epoch;
    }
    return order[position - epoch * count];
  };
}

/**
 * The function that makes the batch of a step.
 *
 * Example `i` of step `s` draws from streams named by `s` and `i` alone; which picture it gets follows from its
 * position `s * batch + i` in the shuffled epochs.
 *
 * @param plan what decides a batch
 * @param read returns a picture in as many channels as asked for; pictures of one item must have one size
 * @throws RddmError when the pictures of an item differ in size, or `read` refuses one
 */
export function batchMaker(plan: BatchPlan, read: ReadPicture): (step: number) => Promise<Batch> {
  const { items, channels, seed } = plan;
  const side = plan.augment.size;
  const shape = [plan.batch, channels, side, side];
  const itemAt = epochOrder(seed, items.length);
  const example = exampleMaker(plan, read);

  return async (step) => {
    const clean = filled(shape, 0);
    const noise = filled(shape, 0);
    const time = new Int32Array(plan.batch);
    const size = channels * side * side;
    let input: Tensor | undefined;
    let mask: Tensor | undefined;
    for (let index = 0; index < plan.batch; index++) {
      const stream = (name: string): Random => createRandom(seed, [name, step, index]);
      const pictures = await example(items[itemAt(step * plan.batch + index)], stream);
      imageIntoBatch(pictures.clean, clean, index);
      if (pictures.input) {
        input ??= filled(shape, 0);
        imageIntoBatch(pictures.input, input, index);
      }
      if (pictures.mask) {
        mask ??= filled(shape, 0);
        imageIntoBatch(pictures.mask, mask, index);
      }
      fillNormal(noise.data.subarray(index * size, (index + 1) * size), seed, ['noise', step, index]);
      time[index] = stream('time').integer(plan.timesteps);
    }
    if (mask) for (let i = 0; i < mask.data.length; i++) mask.data[i] = (mask.data[i] + 1) / 2;
    return { step, clean, noise, time, ...(input && { input }), ...(mask && { mask }) };
  };
}
