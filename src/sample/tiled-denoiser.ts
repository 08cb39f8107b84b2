/**
 * A denoiser that calls another one tile by tile, so that a picture of any size needs the memory of one tile besides the
 * pictures themselves. Each tile has a halo of real neighbours as wide as the network's receptive field, and only pixels that
 * see nothing beyond the tile are kept: the prediction is the same as for the whole picture, but for rounding. Networks that
 * look everywhere are refused. Which size tiles have is chosen in tile-choice.ts.
 */
import { expected, RddmError } from '../math/errors.ts';
import { leastCommonMultiple } from '../math/integers.ts';
import { sameShape, showShape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { modelField } from '../model/model-field.ts';
import { kindOf, networkOf } from '../networks/registry.ts';
import type { Denoiser, DenoiserAnswer } from './denoiser.ts';
import { type Margins, marginsOf, type Span, smallestSide, tileSpans } from './tile-grid.ts';

/** How to cut pictures into tiles. */
export interface TileOptions {
  /** Height and width of each tile as the network sees it, its halo included, in pixels. */
  readonly side: number;
  /** Stops between two tiles. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each tile of a call of the network. */
  readonly onTile?: ((done: number, total: number) => void) | undefined;
}

/** What tiles of a network must respect. */
export interface TileRules {
  /** Tiles start and end at multiples of it. */
  readonly grid: number;
  readonly rows: Margins;
  readonly columns: Margins;
}

const where = 'tiles';
const predictions = ['residual', 'noise', 'clean'] as const;

/**
 * What tiles of a model's networks must respect.
 *
 * @throws RddmError if a network looks everywhere
 */
export function tileRules(config: ModelConfig): TileRules {
  try {
    const { rows, columns } = modelField(config);
    const grid = [rows.period, columns.period].reduce(leastCommonMultiple, networkOf(config.unet).sizeMultiple);
    return { grid, rows: marginsOf(rows), columns: marginsOf(columns) };
  } catch (error) {
    if (!(error instanceof RddmError)) throw error;
    const got = `${kindOf(config.unet).description}, which looks at the whole picture`;
    throw expected(where, 'a network that looks at near pixels alone', got, {
      remedy: 'turn tiles off',
      field: 'tile',
    });
  }
}

/** The smallest tile with these rules, as a side. */
export const smallestTile = ({ grid, rows, columns }: TileRules): number =>
  Math.max(smallestSide(grid, rows), smallestSide(grid, columns));

/** A rectangle of an image's planes. */
interface Rectangle {
  readonly tensor: Tensor;
  /** The first image's number, row and column. */
  readonly image: number;
  readonly row: number;
  readonly column: number;
}

/** Copies height x width pixels of all channels of one image. */
function copy(from: Rectangle, to: Rectangle, height: number, width: number): void {
  const channels = from.tensor.shape[1];
  const rowOf = ({ tensor: { shape }, image, row, column }: Rectangle, channel: number, y: number): number =>
    ((image * channels + channel) * shape[2] + row + y) * shape[3] + column;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const start = rowOf(from, channel, y);
      to.tensor.data.set(from.tensor.data.subarray(start, start + width), rowOf(to, channel, y));
    }
  }
}

/**
 * A denoiser by tiles with given rules; with a smaller halo than the network's, what it says differs from the whole.
 */
export function denoiserByTiles(
  denoiser: Denoiser,
  { grid, rows, columns }: TileRules,
  options: TileOptions,
): Denoiser {
  const { side, signal, onTile } = options;
  return {
    config: denoiser.config,
    async predict(request) {
      const { noisy, input, mask, ...others } = request;
      const [count, , height, width] = noisy.shape;
      if (height <= side && width <= side) return denoiser.predict(request);
      if (height % grid !== 0 || width % grid !== 0) {
        throw expected(where, `images with sides divisible by ${grid}`, showShape(noisy.shape));
      }
      const [down, across] = [tileSpans(height, side, grid, rows), tileSpans(width, side, grid, columns)];
      const size = [Math.min(side, height), Math.min(side, width)];
      const wholes = Object.entries({ noisy, input, mask }).filter((entry): entry is [string, Tensor] => !!entry[1]);
      // One tile of each, filled again and again.
      const tiles = Object.fromEntries(wholes.map(([name, { shape }]) => [name, filled([1, shape[1], ...size], 0)]));
      const answer: { -readonly [K in keyof DenoiserAnswer]: Tensor } = {};

      const predictTile = async (image: number, top: Span, left: Span): Promise<void> => {
        for (const [name, tensor] of wholes) {
          const corner = { tensor: tiles[name], image: 0, row: 0, column: 0 };
          copy({ tensor, image, row: top.start, column: left.start }, corner, size[0], size[1]);
        }
        const predicted = await denoiser.predict({ ...others, noisy: tiles.noisy, ...tiles });
        for (const name of predictions) {
          const tensor = predicted[name];
          if (!tensor) continue;
          if (!sameShape(tensor.shape, tiles.noisy.shape)) {
            throw expected(where, `a predicted ${name} of ${showShape(tiles.noisy.shape)}`, showShape(tensor.shape));
          }
          answer[name] ??= filled(noisy.shape, 0);
          const kept = { tensor, image: 0, row: top.from - top.start, column: left.from - left.start };
          const place = { tensor: answer[name], image, row: top.from, column: left.from };
          copy(kept, place, top.to - top.from, left.to - left.from);
        }
      };

      const total = count * down.length * across.length;
      let done = 0;
      for (let image = 0; image < count; image++) {
        for (const top of down) {
          for (const left of across) {
            signal?.throwIfAborted();
            await predictTile(image, top, left);
            onTile?.(++done, total);
          }
        }
      }
      return answer;
    },
  };
}

/**
 * A denoiser that calls another one for tiles of one size, from which it puts predictions together: the same as for the
 * whole picture, but for rounding. A picture no larger than a tile is passed on whole. It works with every sampler, since
 * noise and steps stay with the sampler.
 *
 * @param denoiser of a network that looks at near pixels alone; the caller releases it
 * @param options.side of tiles, their halo included; rounded down to what the network can divide
 * @throws RddmError at once if the network looks at the whole picture, or the side is smaller than the network's halo allows;
 *   from `predict` if the images' sides do not divide, or a prediction has another shape than its tile
 * @throws the reason of `signal`, from `predict`, if it is aborted
 *
 * @example
 * ```ts
 * import { createTiledDenoiser, type DenoiserRequest, filled, modelConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { kind: 'local', width: 4, encoder: [0], middle: 1, decoder: [0] } });
 * const shapes: (readonly number[])[] = [];
 * const predict = async ({ noisy }: DenoiserRequest) => {
 *   shapes.push(noisy.shape);
 *   return { residual: filled(noisy.shape, 0.2) };
 * };
 * const tiled = createTiledDenoiser({ config, predict }, { side: 64 });
 * const noisy = filled([1, 3, 64, 100], 0.5);
 * const { residual } = await tiled.predict({ noisy, input: noisy, residualTime: 9, noiseTime: 9 });
 * assert.deepEqual(residual, filled([1, 3, 64, 100], 0.2));
 * assert.deepEqual(shapes, [[1, 3, 64, 64], [1, 3, 64, 64]]);
 * ```
 */
export function createTiledDenoiser(denoiser: Denoiser, options: TileOptions): Denoiser {
  const rules = tileRules(denoiser.config);
  return denoiserByTiles(denoiser, rules, { ...options, side: checkedSide(rules, options.side) });
}

/**
 * The side of tiles, rounded down to what the network can divide.
 *
 * @throws RddmError if it is no whole number, or nothing is left of a tile without its halo
 */
export function checkedSide(rules: TileRules, side: number): number {
  const least = smallestTile(rules);
  if (!Number.isInteger(side) || side < least) {
    const halo = Math.max(...[rules.rows, rules.columns].flatMap(({ before, after }) => [before, after]));
    const what = `a side of tiles from ${least}, since each has a halo of ${halo} pixels that this network looks at`;
    throw expected(where, what, side, { field: 'tile' });
  }
  return Math.floor(side / rules.grid) * rules.grid;
}
