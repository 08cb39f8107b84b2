/**
 * What a degradation returns, and what the registry knows about it: the interface of the other files in this folder.
 */
import type { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';

/** A degraded picture and, for some degradations, where it is degraded. */
export interface Degraded {
  /** Has the size and channels of the clean picture. */
  readonly image: Image;
  /** 255 in the degraded region and 0 elsewhere, in every channel; has the size and channels of the image. */
  readonly mask?: Image;
}

/** A degradation as the registry lists it. */
export interface DegradationRule<Schema extends z.ZodObject> {
  /** A few words that follow "Writes photographs with". */
  readonly description: string;
  /** What is white in the mask; absent if there is none. */
  readonly mask?: string;
  /** Strict, with a description and a default for everything. */
  readonly schema: Schema;
  /** Settings that only count if another one has a given value: its name, and that value. */
  readonly onlyWith?: Readonly<Record<string, readonly [setting: string, value: string]>>;
  /** Pure: the same stream gives the same bytes, and the given picture is not changed. */
  apply(image: Image, settings: z.output<Schema>, random: Random): Degraded;
}
