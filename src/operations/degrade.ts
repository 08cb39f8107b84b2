/**
 * Degrades pictures one after the other, reproducibly by a seed: to try models on, and to make test sets that anyone
 * can make again.
 */
import { type Degradation, type DegradationInput, degradationSchema, degrade } from '../data/degrade/degradation.ts';
import { conditionsOf } from '../data/degrade/settings.ts';
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import { createRandom } from '../math/random.ts';
import { validated } from '../math/validate.ts';
import type { PictureSink, PictureSource } from './picture.ts';

/** One picture to degrade. Without a sink, the picture is only in the events. */
export interface DegradationJob {
  readonly input: PictureSource;
  readonly output?: PictureSink;
  /** For the mask, if the degradation makes one. */
  readonly mask?: PictureSink;
}

/** Options for all pictures. */
export interface DegradationOptions {
  /** The random seed, by default 0. */
  readonly seed?: number;
  /** Stops the run between two pictures. */
  readonly signal?: AbortSignal | undefined;
}

/** The events of the job at `index`. */
export type DegradationEvent =
  | { readonly kind: 'started'; readonly index: number }
  /** Everything requested is written. Degradations of a region have a `mask`: 255 inside, 0 outside. */
  | { readonly kind: 'degraded'; readonly index: number; readonly image: Image; readonly mask?: Image };

/**
 * Completes the chosen settings of a degradation.
 *
 * @throws RddmError if a setting is unknown or out of range, or has no effect with the others
 *
 * @example
 * ```ts
 * import { completeDegradation } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.equal(completeDegradation({ kind: 'inpaint', area: 0.3 }).kind, 'inpaint');
 * assert.throws(() => completeDegradation({ kind: 'inpaint', hole: 'centre', area: 0.3 }), /expected hole "irregular"/);
 * ```
 */
export function completeDegradation(input: DegradationInput): Degradation {
  const where = `degrade ${input.kind}`;
  const degradation = validated(degradationSchema, input, where);
  const given = input as Readonly<Record<string, unknown>>;
  const settings = degradation as unknown as Readonly<Record<string, unknown>>;
  for (const [name, [setting, value]] of Object.entries(conditionsOf(degradation.kind))) {
    if (given[name] === undefined || settings[setting] === value) continue;
    throw expected(where, `${setting} "${value}" with ${name}`, `${setting} "${settings[setting]}"`, { field: name });
  }
  return degradation;
}

/**
 * Degrades pictures. Seed, settings and a picture's name determine the result; its position among the others does not.
 *
 * @param degradation a setting that has no effect with the others is ignored; `completeDegradation` refuses it
 * @throws RddmError if the settings are wrong, or a picture cannot be read or written: a set is complete or an error
 * @throws the reason of `signal` if it is aborted; what is written stays
 *
 * @example
 * ```ts
 * import { degradePictures, pictureInMemory } from 'rddm';
 * import assert from 'node:assert/strict';
 * const grey = { width: 16, height: 16, channels: 1 as const, data: new Uint8Array(256).fill(90) };
 * const jobs = [{ input: pictureInMemory('a', grey) }, { input: pictureInMemory('b', grey) }];
 * const pictures = [];
 * for await (const event of degradePictures(jobs, { kind: 'rain', density: 0.5 }, { seed: 7 })) {
 *   if (event.kind === 'degraded') pictures.push(event.image);
 * }
 * assert.notDeepEqual(pictures[0], pictures[1]);
 * ```
 */
export async function* degradePictures(
  jobs: readonly DegradationJob[],
  degradation: DegradationInput,
  { seed = 0, signal }: DegradationOptions = {},
): AsyncGenerator<DegradationEvent, void> {
  const complete = validated(degradationSchema, degradation, 'degrade');
  for (const [index, { input, output, mask }] of jobs.entries()) {
    signal?.throwIfAborted();
    yield { kind: 'started', index };
    // The name, not the position: a picture stays the same when others are added or removed.
    const degraded = degrade(await input.read(), complete, createRandom(seed, ['degrade', input.name]));
    await output?.write(degraded.image);
    if (degraded.mask) await mask?.write(degraded.mask);
    yield { kind: 'degraded', index, ...degraded };
  }
}
