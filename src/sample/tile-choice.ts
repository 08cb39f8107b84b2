/** Chooses for each picture whether it is restored whole or in tiles, and how large the tiles are. */
import { expected, RddmError } from '../math/errors.ts';
import type { ModelConfig } from '../model/config.ts';
import { type PictureSize, restoreMemory } from './memory.ts';
import { checkedSide, smallestTile, type TileRules, tileRules } from './tiled-denoiser.ts';

/**
 * How to restore large pictures. `auto`: in tiles if a picture is large and the network looks at near pixels alone, with the
 * same result; `off`: always whole; a number: in tiles of that side in pixels, halo included, if a picture is larger.
 */
export type TileChoice = 'auto' | 'off' | number;

/** Pictures with more pixels are not restored whole if tiles do as well: 1920x1080 is. */
const WHOLE = 2 ** 21;
/** The share of the memory that may be used without need. */
const SHARE = 0.5;
/** Sides of tiles, the best first: the larger a tile, the smaller the share of its halo. */
const SIDES = [1024, 512, 256];

/** Rules for `auto`, if tiles are possible. */
function rulesIfAny(config: ModelConfig): TileRules | undefined {
  try {
    return tileRules(config);
  } catch (error) {
    if (error instanceof RddmError) return undefined;
    throw error;
  }
}

/** Tiles of one side for a network. */
export interface Tiling {
  readonly rules: TileRules;
  readonly side: number;
}

/** Tiles for a picture that is better not restored whole; undefined if the halo is most of any tile. */
function tilingFor(config: ModelConfig, size: PictureSize, rules: TileRules, memory: number): Tiling | undefined {
  const halo = Math.max(...[rules.rows, rules.columns].map(({ before, after }) => before + after));
  const least = Math.max(2 * halo, smallestTile(rules));
  const sides = SIDES.filter((one) => one >= least).map((one) => checkedSide(rules, one));
  const side = sides.find((one) => restoreMemory(config, size, one) <= SHARE * memory) ?? sides.at(-1);
  return side === undefined ? undefined : { rules, side };
}

/**
 * Decides for pictures of a model.
 *
 * @param memory the machine's memory in bytes, if it is known
 * @returns the tiles for a picture; undefined if it is restored whole
 * @throws RddmError if the choice is another one, or tiles of that side are not possible with the model's network
 */
export function tileChooser(
  config: ModelConfig,
  tile: TileChoice,
  memory = Number.POSITIVE_INFINITY,
): (size: PictureSize) => Tiling | undefined {
  if (tile === 'off') return () => undefined;
  if (tile !== 'auto') {
    if (typeof tile !== 'number') {
      throw expected('restore', 'auto, off or the side of tiles in pixels', tile, { field: 'tile' });
    }
    const rules = tileRules(config);
    const tiling = { rules, side: checkedSide(rules, tile) };
    return () => tiling;
  }
  let rules: TileRules | undefined | 'not asked' = 'not asked';
  return (size) => {
    if (size.width * size.height <= WHOLE && restoreMemory(config, size) <= SHARE * memory) return undefined;
    // It builds graphs, which most pictures do not need.
    if (rules === 'not asked') rules = rulesIfAny(config);
    return rules && tilingFor(config, size, rules, memory);
  };
}
