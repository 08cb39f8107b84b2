/**
 * Shadows on a photograph: an object outside the picture hides the sun, and the bluish light of the sky is left. In
 * linear light each channel loses its own share. The edge is sharp near the object and grows softer along the way,
 * since the sun is a disc; thin twigs fade as they do under a real tree. Left out: how the shadow bends over objects,
 * shadows already in the photograph, and light from walls nearby.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { blurred } from './box-blur.ts';
import type { DegradationRule } from './degraded.ts';
import { imageOfLight, lightOf } from './linear-light.ts';
import { blankPlane, maskOf, type Plane } from './plane.ts';
import { fillPolygon, type Outline } from './polygon.ts';
import { type Drawn, drawAll, rangeSchema } from './range.ts';
import { angularOutline, blobOutline, branchOutlines } from './shapes.ts';

const shadowSchema = z.strictObject({
  shape: z.enum(['any', 'lump', 'corners', 'tree']).default('any').describe('what casts the shadow'),
  size: rangeSchema(0.05, 2, [0.3, 0.8]).describe('extent of the shadow over the shorter side of the picture'),
  penumbra: rangeSchema(0.5, 60, [1.5, 6]).describe('width of the soft edge at its sharpest place, in pixels'),
  spread: rangeSchema(1, 8, [1.5, 4]).describe(
    'width of the soft edge at its softest place, in multiples of the sharpest',
  ),
  light: rangeSchema(0.03, 0.95, [0.15, 0.5]).describe('share of the light left in the shadow'),
  blue: rangeSchema(0, 1, [0.05, 0.4]).describe('how much more blue than red light is left'),
});
type Shadow = Drawn<z.output<typeof shadowSchema>>;

/** Soft edges are drawn at this many widths; those in between are interpolated. */
const SOFTNESSES = 4;

/** The object that casts the shadow, without penumbra: 1 where the sun is hidden. */
function drawOccluder({ shape, size }: Shadow, width: number, height: number, random: Random): Plane {
  const plane = blankPlane(width, height);
  const extent = size * Math.min(width, height);
  const kind = shape === 'any' ? (['lump', 'corners', 'tree'] as const)[random.integer(3)] : shape;
  const x = random.between(0.1, 0.9) * width;
  const y = random.between(0.1, 0.9) * height;
  const parts = 1 + random.integer(3);
  const outlines: Outline[] = [];
  if (kind === 'tree') {
    // The branch reaches in from outside the circle around the shadow's middle.
    const angle = random.between(0, 2 * Math.PI);
    const from = [x - 0.6 * extent * Math.cos(angle), y - 0.6 * extent * Math.sin(angle)] as const;
    outlines.push(...branchOutlines(random, { from, length: 1.2 * extent, angle, width: extent * 0.06 }));
  } else {
    const outline = kind === 'lump' ? blobOutline : angularOutline;
    for (let part = 0; part < parts; part++) {
      const away = part === 0 ? 0 : 0.45 * extent;
      const radius = (extent / 2) * (part === 0 ? 1 : random.between(0.3, 0.8));
      outlines.push(outline(random, x + away * random.between(-1, 1), y + away * random.between(-1, 1), radius));
    }
  }
  for (const outline of outlines) fillPolygon(plane, outline);
  return plane;
}

/** The position along the shadow's way over the picture, from 0 where it begins to 1 where it ends. */
function wayOf(width: number, height: number, direction: number): (x: number, y: number) => number {
  const [cosine, sine] = [Math.cos(direction), Math.sin(direction)];
  const half = (Math.abs(cosine) * (width - 1) + Math.abs(sine) * (height - 1)) / 2 || 1;
  return (x, y) => 0.5 + ((x - (width - 1) / 2) * cosine + (y - (height - 1) / 2) * sine) / (2 * half);
}

/** The hidden share of the sun: the occluder, softened by the width of its edge at each place. */
function soften(occluder: Plane, way: (x: number, y: number) => number, { penumbra, spread }: Shadow): Plane {
  const { width, height, data } = occluder;
  const levels = Array.from({ length: SOFTNESSES }, (_, level) => {
    const edge = penumbra * spread ** (level / (SOFTNESSES - 1));
    // A tent of two boxes 2r + 1 wide spreads an edge over 4r + 2 pixels.
    return blurred(data, width, height, 1, Math.max(0, (edge - 2) / 4));
  });
  const softened = blankPlane(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const place = way(x, y) * (SOFTNESSES - 1);
      const level = Math.min(SOFTNESSES - 2, Math.max(0, Math.floor(place)));
      softened.data[at] = levels[level][at] + (place - level) * (levels[level + 1][at] - levels[level][at]);
    }
  }
  return softened;
}

function castShadow(image: Image, shadow: Shadow, random: Random): { image: Image; mask: Image } {
  const { width, height, channels } = image;
  const occluder = drawOccluder(shadow, width, height, random);
  const way = wayOf(width, height, random.between(0, 2 * Math.PI));
  const hidden = soften(occluder, way, shadow);
  const left = [1 - shadow.blue / 2, 1, 1 + shadow.blue / 2].map((tint) => Math.min(1, shadow.light * tint));
  const remaining = channels === 1 ? [shadow.light] : left;
  const light = lightOf(image);
  for (let pixel = 0; pixel < hidden.data.length; pixel++) {
    const share = hidden.data[pixel];
    for (let channel = 0; channel < channels; channel++) {
      light[pixel * channels + channel] *= 1 - share * (1 - remaining[channel]);
    }
  }
  return { image: imageOfLight(light, image), mask: maskOf(hidden, channels) };
}

/** Shadows in the registry of degradations. */
export const shadow: DegradationRule<typeof shadowSchema> = {
  description: 'a soft-edged bluish shadow',
  mask: 'in the shadow, up to the middle of its soft edge',
  schema: shadowSchema,
  apply: (image, settings, random) => castShadow(image, drawAll(random, settings), random),
};
