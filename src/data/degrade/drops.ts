/**
 * Raindrops on the lens or on a window in front of it (RainDrop). Each is a small wide-angle lens: it shows the scene
 * upside down, shrunk and blurred, and is dark at the rim where light comes from the side. The camera focuses on the
 * distance, so drops are out of focus. Left out: traces of drops that ran down, and what a drop sees beyond the border
 * of the picture (a reflection stands in).
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { mirrored } from '../mirror.ts';
import { blurred } from './box-blur.ts';
import type { DegradationRule } from './degraded.ts';
import { imageOfLight, lightOf } from './linear-light.ts';
import { poisson } from './poisson.ts';
import { type Drawn, drawAll, rangeSchema } from './range.ts';

const dropsSchema = z.strictObject({
  cover: rangeSchema(0, 0.8, [0.05, 0.25]).describe('area of all drops, as a share of the picture'),
  radius: rangeSchema(1.5, 200, [6, 18]).describe('radius of a medium drop, in pixels'),
  field: rangeSchema(1, 40, [4, 12]).describe('how far a drop sees around itself, in radii'),
  defocus: rangeSchema(0, 40, [1, 4]).describe('blur of the rim, since drops are out of focus, in pixels'),
  rim: rangeSchema(0, 1, [0.3, 0.7]).describe('share of the light that the rim of a drop loses'),
});
type Drops = Drawn<z.output<typeof dropsSchema>>;

/** A round piece of water. Pieces that touch merge into one drop. */
interface Piece {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
}

/** Where the water is higher than this there is a drop; overlapping pieces add up, so together they reach further. */
const SURFACE = 0.3;
/** Where (1 − d²)² is SURFACE: a single piece appears as large as its radius. */
const REACH = 1 / Math.sqrt(1 - Math.sqrt(SURFACE));
/** Numbers per pixel that describe the water. */
const WATER = 4;

/** Drops of many sizes, mostly small; some are merged pieces, most sag a little. */
function drawPieces(width: number, height: number, { cover, radius }: Drops, random: Random): Piece[] {
  const margin = radius * 2;
  const area = (width + 2 * margin) * (height + 2 * margin);
  // 1.3 is the mean of size² below; 1.5 is the contribution of a neighbour.
  const count = poisson(random, (cover * area) / (1.3 * 1.5 * Math.PI * radius * radius));
  return Array.from({ length: count }, () => {
    const size = radius * Math.min(2.5, Math.exp(0.45 * random.normal()));
    const first: Piece = {
      x: random.between(-margin, width + margin),
      y: random.between(-margin, height + margin),
      radiusX: size * random.between(0.85, 1.1),
      radiusY: size * random.between(0.95, 1.3),
    };
    const neighbours = Array.from({ length: random.integer(3) }, (): Piece => {
      const share = random.between(0.35, 0.8);
      const angle = random.between(0, 2 * Math.PI);
      return {
        x: first.x + 0.9 * first.radiusX * Math.cos(angle),
        y: first.y + 0.9 * first.radiusY * Math.sin(angle),
        radiusX: first.radiusX * share,
        radiusY: first.radiusY * share * random.between(0.9, 1.3),
      };
    });
    return [first, ...neighbours];
  }).flat();
}

/**
 * For each pixel: the height of the water, its slope along x and y in radii of the piece, and height times that radius.
 */
function waterOf(pieces: readonly Piece[], width: number, height: number): Float32Array {
  const water = new Float32Array(width * height * WATER);
  for (const { x, y, radiusX, radiusY } of pieces) {
    const [reachX, reachY] = [radiusX * REACH, radiusY * REACH];
    const last = { x: Math.min(width - 1, Math.floor(x + reachX)), y: Math.min(height - 1, Math.floor(y + reachY)) };
    for (let row = Math.max(0, Math.ceil(y - reachY)); row <= last.y; row++) {
      const v = (row - y) / reachY;
      for (let column = Math.max(0, Math.ceil(x - reachX)); column <= last.x; column++) {
        const u = (column - x) / reachX;
        const inside = 1 - u * u - v * v;
        if (inside <= 0) continue;
        const at = (row * width + column) * WATER;
        water[at] += inside * inside;
        water[at + 1] -= (4 * inside * u) / REACH;
        water[at + 2] -= (4 * inside * v) / REACH;
        water[at + 3] += inside * inside * radiusX;
      }
    }
  }
  return water;
}

/**
 * What the drops show, in focus: light times opacity in each channel, then the opacity. A drop is as round as a droplet
 * on glass, z = √height, and bends the view by the slope of z: to the other side, and further towards the rim.
 */
function refract(image: Image, light: Float32Array, { field, rim }: Drops, water: Float32Array): Float32Array {
  const { width, height, channels } = image;
  // A drop compresses its field of view, and so blurs it.
  const scene = blurred(light, width, height, channels, field / 4);
  const seen = new Float32Array(width * height * (channels + 1));
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const at = pixel * WATER;
      const above = water[at] - SURFACE;
      if (above <= 0) continue;
      // The slope of z = √above: 0 in the middle, unbounded at the rim.
      const slopeX = water[at + 1] / (2 * Math.sqrt(above));
      const slopeY = water[at + 2] / (2 * Math.sqrt(above));
      const steep = Math.hypot(slopeX, slopeY);
      const radius = water[at + 3] / water[at];
      const bend = (field * radius) / Math.sqrt(1 + steep * steep);
      const from =
        mirrored(Math.round(y + slopeY * bend), height) * width + mirrored(Math.round(x + slopeX * bend), width);
      const side = (steep * steep) / (1 + steep * steep);
      const bright = 1 - rim * side * side;
      const to = pixel * (channels + 1);
      for (let channel = 0; channel < channels; channel++) {
        seen[to + channel] = bright * scene[from * channels + channel];
      }
      seen[to + channels] = 1;
    }
  }
  return seen;
}

function addDrops(image: Image, drops: Drops, random: Random): Image {
  const { width, height, channels } = image;
  const light = lightOf(image);
  const water = waterOf(drawPieces(width, height, drops, random), width, height);
  const seen = refract(image, light, drops, water);
  const soft = blurred(seen, width, height, channels + 1, drops.defocus / 2);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * (channels + 1);
    const opacity = soft[from + channels];
    for (let channel = 0; channel < channels; channel++) {
      const at = pixel * channels + channel;
      light[at] = soft[from + channel] + (1 - opacity) * light[at];
    }
  }
  return imageOfLight(light, image);
}

/** Drops in the registry of degradations. */
export const drops: DegradationRule<typeof dropsSchema> = {
  description: 'raindrops on the lens',
  schema: dropsSchema,
  apply: (image, settings, random) => ({ image: addDrops(image, drawAll(random, settings), random) }),
};
