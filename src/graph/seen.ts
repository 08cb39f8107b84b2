/**
 * Which rows (or columns) of the images each entry of a node sees, as a small table that repeats: what the op by op walk of
 * receptive-field.ts passes on. The table is exact for every phase, and does not grow with the picture. Rows beyond the
 * edge count like others: what is there, zeros, depends on where the edge is.
 */
import { greatestCommonDivisor, leastCommonMultiple } from '../math/integers.ts';
import type { Shape } from '../math/shape.ts';

/** Entries first … last, as numbers of rows or columns; none if first is above last. */
export type Interval = readonly [first: number, last: number];

/** What a node's entries see along one direction. */
export interface Seen {
  readonly along: 'rows' | 'columns';
  /** The node's axis that advances in this direction. */
  readonly axis: number;
  /** How many rows of the images the view moves on in one period of that axis. */
  readonly step: number;
  /** One period on `axis`; on each other axis the node's size, or 1 if all entries see the same. */
  readonly shape: Shape;
  /** An interval for each element of `shape`. */
  readonly intervals: readonly Interval[];
}

const nothing: Interval = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

const union = (a: Interval, b: Interval): Interval => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

/** What the entry at `index` sees; any whole number is an index along the axis that advances. */
export function seenAt({ axis, step, shape, intervals }: Seen, index: readonly number[]): Interval {
  let place = 0;
  for (const [a, size] of shape.entries()) {
    // Where all see the same, every index is the first.
    place = place * size + (((index[a] % size) + size) % size);
  }
  const [first, last] = intervals[place];
  const moved = Math.floor(index[axis] / shape[axis]) * step;
  return [first + moved, last + moved];
}

const sameInterval = (a: Interval, b: Interval): boolean => a[0] === b[0] && a[1] === b[1];

/** The table of what `at` says, without repetitions. */
export function tabulated(
  { along, axis, step }: Pick<Seen, 'along' | 'axis' | 'step'>,
  shape: Shape,
  at: (index: readonly number[]) => Interval,
): Seen {
  const indices = indicesOf(shape);
  const whole: Seen = { along, axis, step, shape, intervals: indices.map(at) };
  /** Whether the first `size` entries of an axis say it all. */
  const repeats = (a: number, size: number): boolean => {
    const by = (step * size) / shape[axis];
    if (a === axis && !Number.isInteger(by)) return false;
    return indices.every((index, i) => {
      const [first, last] = seenAt(whole, index.with(a, index[a] % size));
      const moved = a === axis ? Math.floor(index[a] / size) * by : 0;
      return sameInterval(whole.intervals[i], [first + moved, last + moved]);
    });
  };
  const least = shape.map((size, a) => {
    const isCandidate = (few: number): boolean => (a === axis ? size % few === 0 : few === 1 || few === size);
    for (let few = 1; few < size; few++) if (isCandidate(few) && repeats(a, few)) return few;
    return size;
  });
  return {
    along,
    axis,
    step: (step * least[axis]) / shape[axis],
    shape: least,
    intervals: indicesOf(least).map((index) => seenAt(whole, index)),
  };
}

/** All indices of a shape, in row-major order. */
function indicesOf(shape: Shape): number[][] {
  let indices: number[][] = [[]];
  for (const size of shape) {
    indices = indices.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i]));
  }
  return indices;
}

/** Everything that the entries which differ only on the given axes see together; none of these axes advances. */
export function joined(x: Seen, axes: readonly number[]): Seen {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const parts = indicesOf(x.shape.map((size, axis) => (axes.includes(axis) ? size : 1)));
  return tabulated(x, shape, (index) =>
    parts
      .map((part) =>
        seenAt(
          x,
          index.map((i, axis) => i + part[axis]),
        ),
      )
      .reduce(union),
  );
}

/** How entries of a result see those of an operand, along an axis that advances. */
export interface Sliding {
  /** Entry o sees the operand's entries from(o) … to(o). */
  readonly from: (entry: number) => number;
  readonly to: (entry: number) => number;
  /** The view moves on by `by` of the operand's entries every `every` entries. */
  readonly every: number;
  readonly by: number;
}

/** What the results of a sliding window see. */
export function slid(x: Seen, { from, to, every, by }: Sliding): Seen {
  const period = x.shape[x.axis];
  const rounds = period / greatestCommonDivisor(period, by);
  const step = ((by * rounds) / period) * x.step;
  return tabulated({ ...x, step }, x.shape.with(x.axis, every * rounds), (index) => {
    let seen = nothing;
    for (let entry = from(index[x.axis]); entry <= to(index[x.axis]); entry++) {
      seen = union(seen, seenAt(x, index.with(x.axis, entry)));
    }
    return seen;
  });
}

/** What results see that see one entry of each operand: of operands that advance on one axis, and at one pace. */
export function together(operands: readonly Seen[]): Seen {
  const [first] = operands;
  const period = operands.map(({ shape, axis }) => shape[axis]).reduce(leastCommonMultiple);
  const shape = first.shape.map((_, a) =>
    a === first.axis ? period : Math.max(...operands.map((operand) => operand.shape[a])),
  );
  return tabulated({ ...first, step: (first.step * period) / first.shape[first.axis] }, shape, (index) =>
    operands.map((operand) => seenAt(operand, index)).reduce(union),
  );
}

/** Whether entries of both move on along the same axis, and see as many more rows for each entry. */
export const goTogether = (a: Seen, b: Seen): boolean =>
  a.axis === b.axis && a.step * b.shape[b.axis] === b.step * a.shape[a.axis];

/**
 * What entries of one axis see that are entries of several operands, one operand after the other.
 *
 * @param parts for each entry of the axis, the operand and its entry; an entry of no operand sees nothing
 */
export function lined(
  axis: number,
  parts: readonly { readonly seen: Seen | undefined; readonly entry: number }[],
): Seen {
  const all = together(parts.flatMap(({ seen }) => seen ?? []));
  // Where the operands say the same at each entry, their table needs no axis; `tabulated` finds out.
  return tabulated(all, all.shape.with(axis, parts.length), (index) => {
    const { seen, entry } = parts[index[axis]];
    return seen ? seenAt(seen, index.with(axis, entry)) : nothing;
  });
}
