/**
 * Holes to fill: the middle of the picture, or free brush strokes. The hole is grey (0 in the network's [-1, 1]), as in
 * the reference implementation; its side and area also follow the reference. Masks from files need no degradation.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import { withHole } from '../hole.ts';
import type { DegradationRule } from './degraded.ts';
import { blankPlane, maskOf, type Plane } from './plane.ts';
import { fillPolygon } from './polygon.ts';
import { drawAll, rangeSchema } from './range.ts';
import { strokeOutlines } from './shapes.ts';

const inpaintSchema = z.strictObject({
  hole: z.enum(['centre', 'irregular']).default('irregular').describe('shape of the hole'),
  side: rangeSchema(0.05, 0.95, [0.5, 0.5]).describe('centre: sides of the hole, as a share of those of the picture'),
  area: rangeSchema(0.01, 0.9, [0.15, 0.5]).describe('irregular: smallest share of the picture that strokes cover'),
});

/** Strokes with round ends and turns, as in free-form inpainting, until enough is covered. */
function drawStrokes(plane: Plane, area: number, random: Random): void {
  const { width, height, data } = plane;
  const shorter = Math.min(width, height);
  // On a picture of a few pixels, no share of its side covers half a pixel.
  const leastBrush = shorter < 8 ? 1 : 0;
  for (let covered = 0; covered < area * data.length; ) {
    const points: [number, number][] = [[random.between(0, width), random.between(0, height)]];
    let direction = random.between(0, 2 * Math.PI);
    for (let turns = 1 + random.integer(5); turns >= 0; turns--) {
      const [x, y] = points[points.length - 1];
      const length = shorter * random.between(0.05, 0.35);
      points.push([x + length * Math.cos(direction), y + length * Math.sin(direction)]);
      direction += random.between(-2, 2);
    }
    const brush = Math.max(leastBrush, shorter * random.between(0.04, 0.15));
    for (const outline of strokeOutlines(points, brush)) fillPolygon(plane, outline);
    covered = 0;
    for (const value of data) if (value >= 0.5) covered++;
  }
}

function drawCentre({ width, height, data }: Plane, side: number): void {
  const holeWidth = Math.max(1, Math.round(width * side));
  const left = (width - holeWidth) >> 1;
  const holeHeight = Math.max(1, Math.round(height * side));
  const top = (height - holeHeight) >> 1;
  for (let y = top; y < top + holeHeight; y++) data.fill(1, y * width + left, y * width + left + holeWidth);
}

/** Holes in the registry of degradations. */
export const inpaint: DegradationRule<typeof inpaintSchema> = {
  description: 'a hole to fill, in the middle or in strokes',
  mask: 'in the hole',
  schema: inpaintSchema,
  onlyWith: { side: ['hole', 'centre'], area: ['hole', 'irregular'] },
  apply: (image, settings, random) => {
    const { hole, side, area } = drawAll(random, settings);
    const plane = blankPlane(image.width, image.height);
    if (hole === 'centre') drawCentre(plane, side);
    else drawStrokes(plane, area, random);
    const mask = maskOf(plane, image.channels);
    return { image: withHole(image, mask), mask };
  },
};
