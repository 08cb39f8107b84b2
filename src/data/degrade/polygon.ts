/**
 * Fills polygons with smooth edges: exact coverage along a row, four scan lines per pixel. All shapes of shadows,
 * moving objects and holes are polygons (shapes.ts).
 */
import type { Plane } from './plane.ts';

/** x and y in pixels; pixel centres are whole. */
export type Point = readonly [number, number];
/** The corners of a closed shape, in order. */
export type Outline = readonly Point[];

/** Scan lines per pixel row. */
const LINES = 4;

/** Where a horizontal line crosses an outline, from left to right; each pair encloses a stretch inside. */
function crossings(outline: Outline, y: number): number[] {
  const found: number[] = [];
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [x0, y0] = outline[j];
    const [x1, y1] = outline[i];
    // Half open, so that a corner counts only once.
    if (y0 <= y !== y1 <= y) found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return found.sort((a, b) => a - b);
}

/** Adds the covered share of each pixel between two places in a row, times `weight`. */
function addStretch(row: Float32Array, left: number, right: number, weight: number): void {
  const from = Math.max(0, left + 0.5);
  const to = Math.min(row.length, right + 0.5);
  if (from >= to) return;
  const first = Math.floor(from);
  const last = Math.ceil(to) - 1;
  if (first === last) {
    row[first] += weight * (to - from);
    return;
  }
  row[first] += weight * (first + 1 - from);
  for (let x = first + 1; x < last; x++) row[x] += weight;
  row[last] += weight * (to - last);
}

/**
 * Draws a filled polygon into the plane: each pixel becomes the larger of its value and its share inside the polygon.
 * Parts outside the plane are cut off. An outline that crosses itself is hollow where it overlaps.
 */
export function fillPolygon(plane: Plane, outline: Outline): void {
  const { width, height, data } = plane;
  const [left, right] = extent(outline, 0, width);
  const [top, bottom] = extent(outline, 1, height);
  const row = new Float32Array(width);
  for (let y = top; y <= bottom; y++) {
    row.fill(0, left, right + 1);
    for (let line = 0; line < LINES; line++) {
      const found = crossings(outline, y + (line + 0.5) / LINES - 0.5);
      for (let i = 1; i < found.length; i += 2) addStretch(row, found[i - 1], found[i], 1 / LINES);
    }
    for (let x = left, at = y * width + left; x <= right; x++, at++) {
      if (row[x] > data[at]) data[at] = row[x];
    }
  }
}

/** First and last pixel that an outline touches along an axis, within 0 … `length` − 1. */
function extent(outline: Outline, axis: 0 | 1, length: number): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const point of outline) {
    least = Math.min(least, point[axis]);
    most = Math.max(most, point[axis]);
  }
  return [Math.max(0, Math.floor(least)), Math.min(length - 1, Math.ceil(most))];
}
