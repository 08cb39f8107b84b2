/**
 * One training batch as a pure function of seed and step: its pictures, squares, degradation, noise and times. No state
 * is carried from step to step, so a resumed run and a run with more workers see the same bytes. Reading files is left
 * to the caller.
 */
import { createRandom, fillNormal, type Random } from '../math/random.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { type DatasetItem, type ExamplePlan, exampleMaker, type ReadPicture } from './example.ts';
import { imageIntoBatch } from './image.ts';

/** Batches of another size from a step on. */
export interface BatchStage {
  /** The first step of this size, after that of the stage before. */
  readonly from: number;
  /** Side of the squares, in pixels. */
  readonly size: number;
  /** Examples per batch. */
  readonly batch: number;
}

/** Everything but the step that determines a batch. */
export interface BatchPlan extends ExamplePlan {
  readonly items: readonly DatasetItem[];
  /** Examples per batch. */
  readonly batch: number;
  /** T: times are drawn from 0 … T − 1. */
  readonly timesteps: number;
  /** The times to draw from, if not from all; each is drawn equally often. */
  readonly times?: readonly number[] | undefined;
  readonly seed: number;
  /** Batches of other sizes than the first ones; none by default. */
  readonly stages?: readonly BatchStage[] | undefined;
}

/** The feeds of a training step: N examples, C channels, S pixels per side. */
export interface Batch {
  readonly step: number;
  /** I_in, [N, C, S, S] in [-1, 1]; absent for generation. */
  readonly input?: Tensor;
  /** I₀, [N, C, S, S] in [-1, 1]. */
  readonly clean: Tensor;
  /** [N, C, S, S] in [0, 1] as the reference feeds it, not [-1, 1]; a grey mask is repeated in every channel. */
  readonly mask?: Tensor;
  /** ε, [N, C, S, S], standard normal. */
  readonly noise: Tensor;
  /** t of each example, uniform in 0 … T − 1 or in the plan's times. */
  readonly time: Int32Array<ArrayBuffer>;
}

/**
 * The order of the examples: every epoch is a new shuffle of all, so each is seen equally often.
 *
 * @returns a function from the position since the start of training to the item
 */
export function epochOrder(seed: number, count: number): (position: number) => number {
  let shuffledEpoch = -1;
  const order = new Uint32Array(count);
  return (position) => {
    const epoch = Math.floor(position / count);
    if (epoch !== shuffledEpoch) {
      const random = createRandom(seed, ['order', epoch]);
      for (let i = 0; i < count; i++) {
        // Fisher-Yates, inside out: it starts from nothing, so an epoch does not depend on the one before.
        const j = random.integer(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
      shuffledEpoch = epoch;
    }
    return order[position - epoch * count];
  };
}

/** The stages with the first one, and the examples before each. */
function stagesOf({ augment, batch, stages = [] }: BatchPlan): (BatchStage & { readonly before: number })[] {
  let last = { from: 0, size: augment.size, batch, before: 0 };
  return [
    last,
    ...stages.map((stage) => {
      last = { ...stage, before: last.before + (stage.from - last.from) * last.batch };
      return last;
    }),
  ];
}

const timeOf = ({ timesteps, times }: BatchPlan, random: Random): number =>
  times ? times[random.integer(times.length)] : random.integer(timesteps);

/**
 * Returns the function that makes the batch of a step.
 *
 * Example `i` of step `s` draws only from streams named by `s` and `i`; its picture follows from its position in the
 * shuffled epochs, `s * batch + i` if all batches have one size.
 *
 * @param plan what determines a batch
 * @param read returns a picture with the given number of channels; the pictures of an item must have one size
 * @throws RddmError if the pictures of an item differ in size, or `read` refuses one
 */
export function batchMaker(plan: BatchPlan, read: ReadPicture): (step: number) => Promise<Batch> {
  const { items, channels, seed } = plan;
  const itemAt = epochOrder(seed, items.length);
  const stages = stagesOf(plan).map((stage) => ({
    ...stage,
    example: exampleMaker({ ...plan, augment: { ...plan.augment, size: stage.size } }, read),
  }));

  return async (step) => {
    const { from, size: side, batch, before, example } = stages.findLast((stage) => stage.from <= step) ?? stages[0];
    const first = before + (step - from) * batch;
    const shape = [batch, channels, side, side];
    const clean = filled(shape, 0);
    const noise = filled(shape, 0);
    const time = new Int32Array(batch);
    const size = channels * side * side;
    let input: Tensor | undefined;
    let mask: Tensor | undefined;
    for (let index = 0; index < batch; index++) {
      const stream = (name: string): Random => createRandom(seed, [name, step, index]);
      const pictures = await example(items[itemAt(first + index)], stream);
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
      time[index] = timeOf(plan, stream('time'));
    }
    if (mask) for (let i = 0; i < mask.data.length; i++) mask.data[i] = (mask.data[i] + 1) / 2;
    return { step, clean, noise, time, ...(input && { input }), ...(mask && { mask }) };
  };
}
