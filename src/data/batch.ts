/**
 * One training batch as a pure function of seed and step: which pictures, which squares, which degradation, which
 * noise, which times. Nothing is carried from step to step, so a resumed run and a run with more workers see the same
 * bytes. Reading files is the caller's.
 */
import { expected } from '../math/errors.ts';
import { createRandom, fillNormal, type Random } from '../math/random.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { type AugmentOptions, augment } from './crop.ts';
import { type Degradation, degrade } from './degrade/degradation.ts';
import { type Image, imageIntoBatch } from './image.ts';

/** What one training example is made from: paths, or whatever `read` understands. */
export interface DatasetItem {
  /** File name of the clean picture, for messages. */
  readonly name: string;
  readonly clean: string;
  /** The degraded picture; absent where a degradation makes it, and for generation. */
  readonly input?: string;
  readonly mask?: string;
}

/** Everything that decides a batch but the step. */
export interface BatchPlan {
  readonly items: readonly DatasetItem[];
  /** Makes the input from the clean square. */
  readonly degradation?: Degradation;
  readonly augment: AugmentOptions;
  /** Examples in a batch. */
  readonly batch: number;
  readonly channels: 1 | 3;
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
export function batchMaker(
  plan: BatchPlan,
  read: (path: string, channels: 1 | 3) => Promise<Image>,
): (step: number) => Promise<Batch> {
  const { items, degradation, channels, seed } = plan;
  const side = plan.augment.size;
  const shape = [plan.batch, channels, side, side];
  const itemAt = epochOrder(seed, items.length);
  const stream = (name: string, step: number, index: number): Random => createRandom(seed, [name, step, index]);

  /** Clean square, then input and mask where there are any. */
  async function example(step: number, index: number) {
    const item = items[itemAt(step * plan.batch + index)];
    const paths = [item.clean, item.input, item.mask].filter((path) => path !== undefined);
    const pictures: Image[] = [];
    for (const path of paths) pictures.push(await read(path, channels));
    requireOneSize(paths, pictures);
    const squares = augment(pictures, plan.augment, stream('crop', step, index));
    const mask = item.mask === undefined ? undefined : squares.pop();
    const made = degradation && degrade(squares[0], degradation, stream('degrade', step, index));
    return { clean: squares[0], input: made?.image ?? squares[1], mask };
  }

  return async (step) => {
    const clean = filled(shape, 0);
    const noise = filled(shape, 0);
    const input = degradation || items[0].input !== undefined ? filled(shape, 0) : undefined;
    const mask = items[0].mask !== undefined ? filled(shape, 0) : undefined;
    const time = new Int32Array(plan.batch);
    const size = channels * side * side;
    for (let index = 0; index < plan.batch; index++) {
      const pictures = await example(step, index);
      imageIntoBatch(pictures.clean, clean, index);
      if (input) imageIntoBatch(pictures.input, input, index);
      if (mask && pictures.mask) imageIntoBatch(pictures.mask, mask, index);
      fillNormal(noise.data.subarray(index * size, (index + 1) * size), seed, ['noise', step, index]);
      time[index] = stream('time', step, index).integer(plan.timesteps);
    }
    if (mask) for (let i = 0; i < mask.data.length; i++) mask.data[i] = (mask.data[i] + 1) / 2;
    return { step, clean, noise, time, ...(input && { input }), ...(mask && { mask }) };
  };
}

function requireOneSize(paths: readonly string[], pictures: readonly Image[]): void {
  const sizes = pictures.map(({ width, height }) => `${width}x${height}`);
  const other = sizes.findIndex((size) => size !== sizes[0]);
  if (other > 0) throw expected(paths[other], `${sizes[0]} pixels, the size of ${paths[0]}`, sizes[other]);
}
