/**
 * The receptive field of a graph: which rows and columns of the images an output pixel depends on, found op by op, exactly
 * for each place within the period with which the network repeats. Which of the pixels in between do not matter is left out.
 */
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import { isOp, type Node, type OpName, topologicalOrder } from './node.ts';
import { goTogether, type Interval, joined, type Seen, together } from './seen.ts';
import { seenRules } from './seen-rules.ts';

/** What output pixels depend on in one direction, rows or columns. */
export interface DirectionField {
  /** After so many output pixels, the intervals repeat … */
  readonly period: number;
  /** … and have moved on by so many input pixels: as many, if the output has the size of the image. */
  readonly step: number;
  /**
   * For each output pixel of one period, the first and the last input pixel on which it depends. They may lie beyond the
   * edges: the pixel then depends on where the edge is. Output pixel q · period + r depends on interval r, moved on by q ·
   * step. An interval of ∞ … −∞ has no pixel.
   */
  readonly intervals: readonly (readonly [first: number, last: number])[];
  /** The most pixels before its own place that an output pixel depends on. */
  readonly before: number;
  /** The most pixels after its own place that an output pixel depends on. */
  readonly after: number;
}

/** What output pixels depend on: a rectangle of rows and columns. */
export interface ReceptiveField {
  readonly rows: DirectionField;
  readonly columns: DirectionField;
}

const where = 'receptiveField';
const apply = <K extends OpName>(node: Node<K>, operands: readonly (Seen | undefined)[]): Seen =>
  seenRules[node.op](node, operands);

/** What the entries of all outputs see in one direction. */
function follow(outputs: readonly Node[], images: readonly Node[], along: Seen['along']): Seen[] {
  const axis = along === 'rows' ? 2 : 3;
  const views = new Map<Node, Seen>();
  for (const node of topologicalOrder(outputs)) {
    if (images.includes(node)) {
      views.set(node, { along, axis, step: 1, shape: [1, 1, 1, 1], intervals: [[0, 0]] });
      continue;
    }
    const operands = node.inputs.map((input) => views.get(input));
    if (operands.some((operand) => operand !== undefined)) views.set(node, apply(node, operands));
  }
  return outputs.map((output) => {
    const seen = views.get(output);
    if (!seen || output.shape.length !== 4 || seen.axis !== axis) {
      const got = seen ? showShape(output.shape) : 'one that depends on no image';
      throw expected(where, `outputs [N, C, H, W] made of the images, with their ${along} in place`, got);
    }
    return joined(seen, [0, 1, 5 - axis]);
  });
}

function directionField(views: readonly Seen[]): DirectionField {
  const [first] = views;
  if (!views.every((view) => goTogether(first, view))) throw expected(where, 'outputs of one size', 'several sizes');
  const { shape, axis, step, intervals } = together(views);
  const period = shape[axis];
  // The input pixel at the same place of the picture.
  const place = (phase: number): number => Math.floor((phase * step) / period);
  const furthest = (distance: (interval: Interval, place: number) => number): number =>
    Math.max(0, ...intervals.map((interval, phase) => distance(interval, place(phase))));
  return {
    period,
    step,
    intervals,
    before: furthest(([start], at) => at - start),
    after: furthest(([, end], at) => end - at),
  };
}

/**
 * Which pixels of the images an output pixel can depend on. Rows are followed on their own, and columns on theirs; parts of
 * split axes count as fixed sizes, except the first, which grows with the picture. A graph that is built for one size says
 * nothing of others: compare two sizes if that matters.
 *
 * @param outputs nodes [N, C, H, W], all of one size; together they count as one output
 * @param images nodes [N, C, H, W] of one size, usually feeds; what depends on none of them, such as weights and times,
 *   depends on no pixel
 * @returns for rows and columns, exact intervals for each place in a period, and the furthest reach in pixels
 * @throws RddmError that names the op, if one looks at all pixels (a sum or norm over the picture, attention) or cannot be
 *   followed; if an output depends on no image or has another form
 *
 * @example
 * ```ts
 * import { conv2d, feed, receptiveField, state, sum, upsample } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = feed('x', [1, 1, 8, 8]);
 * const y = conv2d(x, state('w', [1, 1, 2, 2]), { stride: 2, padding: 0 });
 * const { rows } = receptiveField([upsample(y)], [x]);
 * assert.deepEqual(rows, { period: 2, step: 2, intervals: [[0, 1], [0, 1]], before: 1, after: 1 });
 * assert.throws(() => receptiveField([sum(x, [2, 3])], [x]), /sum of 1x1x8x8, which joins all rows/);
 * ```
 */
export function receptiveField(outputs: readonly Node[], images: readonly Node[]): ReceptiveField {
  if (outputs.length === 0) throw expected(where, 'at least one output', 'none');
  const other = images.find(
    ({ shape }) => shape.length !== 4 || shape[2] !== images[0].shape[2] || shape[3] !== images[0].shape[3],
  );
  if (other) {
    const { name } = isOp(other, 'input') ? other.attributes : { name: other.op };
    throw expected(where, 'images [N, C, H, W] of one size', `${name} of ${showShape(other.shape)}`);
  }
  return {
    rows: directionField(follow(outputs, images, 'rows')),
    columns: directionField(follow(outputs, images, 'columns')),
  };
}
