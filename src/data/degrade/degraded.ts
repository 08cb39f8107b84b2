/**
 * What a degradation makes of a picture, and what the registry knows of each: the shape that every file beside this
 * one fills.
 */
import type { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';

/** A degraded picture, and where it is degraded if that is told. */
export interface Degraded {
  /** Size and channels of the clean picture. */
  readonly image: Image;
  /** 255 in the degraded region and 0 elsewhere, in every channel; size and channels of the image. */
  readonly mask?: Image;
}

/** A degradation as the registry lists it. */
export interface DegradationRule<Schema extends z.ZodObject> {
  /** A few words that follow "Writes photographs with". */
  readonly description: string;
  /** What is white in the mask; absent where there is none. */
  readonly mask?: string;
  /** Strict, with a description and a default for everything. */
  readonly schema: Schema;
  /** Settings that count for nothing unless another one has a value: its name, and that value. */
  readonly onlyWith?: Readonly<Record<string, readonly [setting: string, value: string]>>;
  /** Pure: the same stream gives the same bytes, and the picture given is left as it was. */
  apply(image: Image, settings: z.output<Schema>, random: Random): Degraded;
}
