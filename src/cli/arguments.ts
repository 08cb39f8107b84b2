/**
 * Parses the numbers and sizes of command line arguments: the parser refuses invalid ones as wrong usage, before
 * anything is read or started.
 */
import { InvalidArgumentError } from 'commander';
import type { Size } from '../operations/inspect/size.ts';
import type { TileChoice } from '../sample/tile-choice.ts';

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Parses a whole number of at least `least`. */
export const wholeNumber =
  (least: number = Number.MIN_SAFE_INTEGER) =>
  (text: string): number => {
    const value = numberOf(text);
    if (!Number.isSafeInteger(value) || value < least) {
      const bound = least === Number.MIN_SAFE_INTEGER ? '' : ` from ${least}`;
      throw new InvalidArgumentError(`expected a whole number${bound}.`);
    }
    return value;
  };

/** Parses a number above 0. */
export function positiveNumber(text: string): number {
  const value = numberOf(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

/** Parses a number from `low` to `high`, inclusive. */
export const numberWithin =
  (low: number, high: number) =>
  (text: string): number => {
    const value = numberOf(text);
    if (!(value >= low && value <= high)) throw new InvalidArgumentError(`expected a number from ${low} to ${high}.`);
    return value;
  };

/** Parses `0.4`, or `0.2..0.6` for a range; a schema checks the values. */
export function numberOrRange(text: string): number | [number, number] {
  const ends = text.split('..').map(numberOf);
  if (ends.some(Number.isNaN) || ends.length > 2) {
    throw new InvalidArgumentError('expected a number, or a range such as 0.2..0.6.');
  }
  return ends.length === 1 ? ends[0] : [ends[0], ends[1]];
}

/** Parses `auto`, `off`, or the side of tiles in pixels; whether the side is large enough depends on the network. */
export function tileChoice(text: string): TileChoice {
  if (text === 'auto' || text === 'off') return text;
  const side = numberOf(text);
  if (!Number.isSafeInteger(side) || side < 1) {
    throw new InvalidArgumentError('expected auto, off, or the side of tiles in pixels.');
  }
  return side;
}

export type { Size };

/** Parses `256` for a square, or `HEIGHTxWIDTH`. */
export function pictureSize(text: string): Size {
  const sides = text.toLowerCase().split('x').map(numberOf);
  if (sides.length > 2 || !sides.every((side) => Number.isSafeInteger(side) && side > 0 && side <= 2 ** 16)) {
    throw new InvalidArgumentError('expected a size such as 256, or HEIGHTxWIDTH such as 240x320.');
  }
  const [height, width = height] = sides;
  return { height, width };
}
