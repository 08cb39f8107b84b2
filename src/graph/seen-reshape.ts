/**
 * What entries see after `reshape`: axes are split and merged, as when squares of pixels become channels. The first part of
 * a split axis advances with the picture, and the others are places within a period.
 */
import { greatestCommonDivisor } from '../math/integers.ts';
import { elementCount, type Shape, stridesOf } from '../math/shape.ts';
import { type Seen, seenAt, tabulated } from './seen.ts';

/** Neighbouring axes that become other axes with as many elements. */
interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const product = (shape: Shape, axes: readonly number[]): number => elementCount(axes.map((axis) => shape[axis]));

/** The smallest blocks of axes between two shapes; further axes of size 1 belong to the last. */
function blocksOf(from: Shape, to: Shape): Block[] {
  const blocks: { from: number[]; to: number[] }[] = [];
  let [a, b] = [0, 0];
  while (a < from.length && b < to.length) {
    const block = { from: [a++], to: [b++] };
    let [left, right] = [product(from, block.from), product(to, block.to)];
    while (left !== right) {
      if (left < right) block.from.push(a++);
      else block.to.push(b++);
      [left, right] = [product(from, block.from), product(to, block.to)];
    }
    blocks.push(block);
  }
  const last = blocks.at(-1) ?? { from: [], to: [] };
  for (; a < from.length; a++) last.from.push(a);
  for (; b < to.length; b++) last.to.push(b);
  return blocks.length > 0 ? blocks : [last];
}

/** The index of an element of `shape`, from its place in row-major order; the first axis takes what exceeds the shape. */
function indexOf(place: number, shape: Shape): number[] {
  let rest = place;
  return stridesOf(shape).map((stride, axis) => {
    const index = Math.floor(rest / stride);
    rest -= index * stride;
    return axis === 0 ? index : index % shape[axis];
  });
}

const placeOf = (index: readonly number[], shape: Shape): number =>
  stridesOf(shape).reduce((place, stride, axis) => place + stride * index[axis], 0);

/**
 * What entries see in another shape.
 *
 * @returns undefined if the axis that advances comes after another one with which it is merged: the picture's size then
 *   decides what is where
 */
export function reshaped(x: Seen, from: Shape, to: Shape): Seen | undefined {
  const blocks = blocksOf(from, to);
  const sizes = (shape: Shape, axes: readonly number[]): number[] => axes.map((axis) => shape[axis]);
  let [axis, step] = [-1, x.step];
  const table = new Array<number>(to.length).fill(1);
  /** For each block, the operand's indices on the block's axes from those of the result. */
  const sources: ((index: readonly number[]) => readonly number[])[] = [];
  for (const block of blocks) {
    const [own, others] = [sizes(from, block.from), sizes(to, block.to)];
    const varies = block.from.some((a) => x.shape[a] > 1);
    if (!block.from.includes(x.axis)) {
      if (varies) for (const a of block.to) table[a] = to[a];
      sources.push((index) => (varies ? indexOf(placeOf(sizes(index, block.to), others), own) : own.map(() => 0)));
      continue;
    }
    const main = block.from.indexOf(x.axis);
    if (own.slice(0, main).some((size) => size > 1)) return undefined;
    const after = own.slice(main + 1);
    const newMain = Math.max(
      0,
      others.findIndex((size) => size > 1),
    );
    const split = others.slice(newMain + 1);
    // In elements of the block: one period, then as many that whole entries of the new axis hold them.
    const period = x.shape[x.axis] * elementCount(after);
    const rounds = elementCount(split) / greatestCommonDivisor(period, elementCount(split));
    axis = block.to[newMain];
    step = x.step * rounds;
    for (const a of block.to.slice(newMain + 1)) table[a] = to[a];
    table[axis] = (period * rounds) / elementCount(split);
    sources.push((index) => {
      const place = placeOf(sizes(index, block.to.slice(newMain)), [0, ...split]);
      return [...own.slice(0, main).fill(0), ...indexOf(place, [0, ...after])];
    });
  }
  return tabulated({ along: x.along, axis, step }, table, (index) =>
    seenAt(
      x,
      sources.flatMap((source) => source(index)),
    ),
  );
}
