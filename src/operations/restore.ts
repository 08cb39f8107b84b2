/**
 * Restores pictures one after the other: reads each, restores it at its own size, and writes it. A picture that fails
 * does not stop the others. The caller opens the model and the runtime, chooses names, and shows progress.
 */
import { greyImage, withoutEqualChannels } from '../data/grey.ts';
import type { Image } from '../data/image.ts';
import { sideBySide } from '../data/image-grid.ts';
import { expected, RddmError } from '../math/errors.ts';
import { checkRestoration } from '../sample/check-restoration.ts';
import type { Denoiser } from '../sample/denoiser.ts';
import { passesOf } from '../sample/ensemble.ts';
import { checkMemory } from '../sample/memory.ts';
import { planSteps } from '../sample/plan.ts';
import { type RestoreOptions, restoreImage } from '../sample/restore.ts';
import { type TileChoice, tileChooser } from '../sample/tile-choice.ts';
import { denoiserByTiles } from '../sample/tiled-denoiser.ts';
import type { PictureSink, PictureSource } from './picture.ts';

/** One picture to restore. Without a sink, the picture is only in the events. */
export interface RestorationJob {
  readonly input: PictureSource;
  /** Of the picture's size; a colour mask counts as grey. */
  readonly mask?: PictureSource;
  readonly output?: PictureSink;
  /** For input and result in one picture. */
  readonly sideBySide?: PictureSink;
  /** For the picture after each step, starting with the start; not with an ensemble, which has no one way. */
  readonly steps?: readonly PictureSink[];
}

/** A tile of the job at `index`, of one call of the network: `done` of `total`. */
export interface TileProgress {
  readonly index: number;
  readonly done: number;
  readonly total: number;
}

/** Options for all pictures; omitted ones come from the model's configuration. */
export interface RestorationOptions extends Omit<RestoreOptions, 'mask'> {
  /**
   * Whether large pictures are restored in tiles, which need less memory; `auto` by default. A network that looks at near
   * pixels alone makes the same of tiles and of the whole picture, to rounding; others are refused with a side of tiles.
   */
  readonly tile?: TileChoice | undefined;
  /** Called after each tile. */
  readonly onTile?: ((progress: TileProgress) => void) | undefined;
  /** Memory in bytes (`Host.memory`), if pictures that need more must be refused: on the CPU. */
  readonly memory?: number | undefined;
}

/** The events of the job at `index`. */
export type RestorationEvent =
  | { readonly kind: 'started'; readonly index: number }
  /** Step 0 is the start, the picture with noise; step `steps` the restored picture. */
  | {
      readonly kind: 'step';
      readonly index: number;
      readonly step: number;
      readonly steps: number;
      readonly image: Image;
    }
  /** Everything requested is written. */
  | { readonly kind: 'restored'; readonly index: number; readonly image: Image }
  | { readonly kind: 'failed'; readonly index: number; readonly error: RddmError };

/** The result is written last, so that if it exists, everything else does too. */
async function* restoreOne(
  denoiser: Denoiser,
  job: RestorationJob,
  {
    memory,
    onTile,
    tilingOf,
    ...options
  }: Omit<RestorationOptions, 'tile'> & { tilingOf: ReturnType<typeof tileChooser> },
  index: number,
): AsyncGenerator<RestorationEvent, void> {
  // A picture with three equal channels is grey, and stays grey.
  const image = withoutEqualChannels(await job.input.read());
  const tiling = tilingOf(image);
  if (memory !== undefined) checkMemory(denoiser.config, image, memory, tiling?.side);
  const { signal } = options;
  const tiles = { signal, onTile: (done: number, total: number) => onTile?.({ index, done, total }) };
  const chosen = tiling ? denoiserByTiles(denoiser, tiling.rules, { side: tiling.side, ...tiles }) : denoiser;
  const mask = job.mask && greyImage(await job.mask.read());
  let restored = image;
  for await (const event of restoreImage(chosen, image, { ...options, mask })) {
    restored = event.image;
    await job.steps?.[event.step]?.write(restored);
    yield { kind: 'step', index, ...event };
  }
  signal?.throwIfAborted();
  await job.sideBySide?.write(sideBySide([image, restored]));
  await job.output?.write(restored);
  yield { kind: 'restored', index, image: restored };
}

/**
 * Restores pictures. With the same seed a picture is restored in the same way, whatever the others are.
 *
 * @throws RddmError before the first event if options and model do not fit each other, a mask is missing or not used, or
 *   the network cannot be given tiles of the wanted side; errors of one picture are events
 * @throws the reason of `signal` if it is aborted; what is written stays
 *
 * @example
 * ```ts
 * import { createNetworkDenoiser, initialWeights, modelConfig, modelParameters } from 'rddm';
 * import { pictureInMemory, restorePictures } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 4, multipliers: [1], groups: 2 }, sampling: { steps: 1 } });
 * const weights = initialWeights(modelParameters(config), 0);
 * const denoiser = createNetworkDenoiser(createReferenceRuntime(), config, weights);
 * const photo = { width: 5, height: 3, channels: 3 as const, data: new Uint8Array(45).fill(100) };
 * const broken = { name: 'broken', read: async () => ({ ...photo, width: 9 }) };
 * const jobs = [{ input: broken }, { input: pictureInMemory('photo', photo) }];
 * const kinds = [];
 * for await (const event of restorePictures(denoiser, jobs)) kinds.push(event.kind);
 * assert.deepEqual(kinds, ['started', 'failed', 'started', 'step', 'step', 'restored']);
 * ```
 */
export async function* restorePictures(
  denoiser: Denoiser,
  jobs: readonly RestorationJob[],
  options: RestorationOptions = {},
): AsyncGenerator<RestorationEvent, void> {
  const { config } = denoiser;
  const { tile = 'auto', ...rest } = options;
  const { composite, ensemble, signal, memory } = rest;
  for (const { mask, steps } of jobs) {
    checkRestoration(config, { mask: mask !== undefined, composite, ensemble }, 'restore');
    if (steps && passesOf(ensemble) > 1) {
      const remedy = 'leave out one of them';
      throw expected('restore', 'one restoration, to write its steps', 'an ensemble', { remedy, field: 'ensemble' });
    }
  }
  planSteps(config, options);
  const tilingOf = tileChooser(config, tile, memory);
  for (const [index, job] of jobs.entries()) {
    signal?.throwIfAborted();
    yield { kind: 'started', index };
    try {
      yield* restoreOne(denoiser, job, { ...rest, tilingOf }, index);
    } catch (error) {
      if (!(error instanceof RddmError)) throw error;
      yield { kind: 'failed', index, error };
    }
  }
}
