/**
 * Equal squares in one picture, and back: how the pictures of a cell are stored, hundreds of them in one file.
 */
import type { Image } from '../data/image.ts';
import { imageGrid } from '../data/image-grid.ts';
import { expected } from '../math/errors.ts';

const COLUMNS = 10;

/** Lays equal squares out in rows of ten, without gaps. */
export function contactSheet(squares: readonly Image[]): Image {
  const rows = Array.from({ length: Math.ceil(squares.length / COLUMNS) }, (_, row) =>
    squares.slice(row * COLUMNS, (row + 1) * COLUMNS),
  );
  return imageGrid(rows, 0);
}

/** The first `count` squares of a sheet. */
export function squaresOf(sheet: Image, count: number): Image[] {
  const { width, height, channels, data } = sheet;
  const columns = Math.min(COLUMNS, count);
  const side = width / columns;
  if (!Number.isInteger(side) || Math.ceil(count / columns) * side !== height) {
    throw expected(
      'squaresOf',
      `a sheet of ${count} squares`,
      `${width}x${height}`,
      'remove it; it will be made again',
    );
  }
  return Array.from({ length: count }, (_, index) => {
    const left = (index % columns) * side;
    const top = Math.floor(index / columns) * side;
    const square = new Uint8Array(side * side * channels);
    for (let row = 0; row < side; row++) {
      const start = ((top + row) * width + left) * channels;
      square.set(data.subarray(start, start + side * channels), row * side * channels);
    }
    return { width: side, height: side, channels, data: square };
  });
}
