/**
 * Where tiles lie, and which pixels are kept of each: pure arithmetic along one side of a picture. A tile starts where the
 * network's squares of pixels start, and what is kept of it sees no pixel beyond it.
 */
import type { DirectionField } from '../graph/receptive-field.ts';

/** The halo of a tile: how many of its first and last output pixels depend on pixels beyond it. */
export interface Margins {
  readonly before: number;
  readonly after: number;
}

/** A tile along one side. */
export interface Span {
  /** The picture's pixel where the tile starts. */
  readonly start: number;
  /** The picture's pixels that are kept of it: from … to − 1. */
  readonly from: number;
  readonly to: number;
}

/**
 * The halo, to the pixel, of tiles that start and end at multiples of the period. It is at most the reach of a single pixel,
 * which depends on the pixel's place.
 */
export function marginsOf({ period, intervals }: Pick<DirectionField, 'period' | 'intervals'>): Margins {
  let [before, after] = [0, 0];
  intervals.forEach(([first, last], place) => {
    // A tile that starts at 0: the last pixel q · period + place, from 0 on, that sees one before it.
    const late = Math.ceil(-first / period) - 1;
    if (late >= 0) before = Math.max(before, late * period + place + 1);
    // A tile that ends before 0: the first pixel, below 0, that sees 0 or more.
    const early = Math.ceil(-last / period);
    if (early < 0) after = Math.max(after, -(early * period + place));
  });
  return { before, after };
}

const down = (value: number, grid: number): number => Math.floor(value / grid) * grid;

/** The smallest side of tiles that keep something between their halos. */
export const smallestSide = (grid: number, { before, after }: Margins): number => -down(-(before + after), grid) + grid;

/**
 * Tiles along one side of a picture. All have one size; the last is moved inwards, so that the picture's edges are tiles'
 * edges.
 *
 * @param length of the picture, a multiple of `grid`
 * @param side of the tiles, a multiple of `grid` of at least `smallestSide`
 * @returns spans that keep each pixel once; a single one if the picture is no longer than a tile
 */
export function tileSpans(length: number, side: number, grid: number, { before, after }: Margins): Span[] {
  if (length <= side) return [{ start: 0, from: 0, to: length }];
  const stride = down(side - before - after, grid);
  const starts: number[] = [];
  for (let start = 0; start + side < length; start += stride) starts.push(start);
  starts.push(length - side);
  const froms = starts.map((start, i) => (i === 0 ? 0 : start + before));
  return starts.map((start, i) => ({ start, from: froms[i], to: froms[i + 1] ?? length }));
}
