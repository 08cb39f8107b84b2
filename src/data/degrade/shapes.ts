/**
 * Random outlines for everything with a shape: shadows of people, objects, houses and trees; objects that move in the
 * picture; brush strokes.
 */
import type { Random } from '../../math/random.ts';
import type { Outline, Point } from './polygon.ts';

/** A closed curve around a point: `distance` from it in every direction. */
function roundOutline(x: number, y: number, corners: number, distance: (angle: number) => number): Outline {
  return Array.from({ length: corners }, (_, corner): Point => {
    const angle = (2 * Math.PI * corner) / corners;
    const radius = distance(angle);
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

/** A smooth lump of about this radius, elongated, with an irregular outline. */
export function blobOutline(random: Random, x: number, y: number, radius: number): Outline {
  const waves = [2, 3, 4, 5, 7].map((frequency) => ({
    frequency,
    phase: random.between(0, 2 * Math.PI),
    strength: (0.35 * random.normal()) / frequency,
  }));
  return roundOutline(x, y, 64, (angle) => {
    let factor = 1;
    for (const { frequency, phase, strength } of waves) factor += strength * Math.cos(frequency * angle + phase);
    return radius * Math.max(0.2, factor);
  });
}

/** A shape with straight edges and corners. */
export function angularOutline(random: Random, x: number, y: number, radius: number): Outline {
  const corners = 4 + random.integer(4);
  const turn = random.between(0, 2 * Math.PI);
  return Array.from({ length: corners }, (_, corner): Point => {
    const angle = turn + (2 * Math.PI * (corner + random.between(-0.3, 0.3))) / corners;
    const distance = radius * random.between(0.6, 1.4);
    return [x + distance * Math.cos(angle), y + distance * Math.sin(angle)];
  });
}

/** A straight piece between two points, `widths` wide at its ends. */
function limbOutline([x0, y0]: Point, [x1, y1]: Point, widths: readonly [number, number]): Outline {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [acrossX, acrossY] = [(y0 - y1) / length / 2, (x1 - x0) / length / 2];
  const [from, to] = widths;
  return [
    [x0 + acrossX * from, y0 + acrossY * from],
    [x1 + acrossX * to, y1 + acrossY * to],
    [x1 - acrossX * to, y1 - acrossY * to],
    [x0 - acrossX * from, y0 - acrossY * from],
  ];
}

/** A brush stroke of this width along a line: its pieces, and a disc at every point. */
export function strokeOutlines(points: readonly Point[], width: number): Outline[] {
  const pieces = points.slice(1).map((point, i) => limbOutline(points[i], point, [width, width]));
  const discs = points.map(([x, y]) => roundOutline(x, y, 24, () => width / 2));
  return [...pieces, ...discs];
}

/** A limb of a tree. */
interface Limb {
  readonly from: Point;
  readonly length: number;
  readonly angle: number;
  readonly width: number;
}

/** A branch that forks `forks` times, with leaves on its last twigs; every fork halves the length. */
export function branchOutlines(random: Random, limb: Limb, forks = 3): Outline[] {
  const { from, length, angle, width } = limb;
  const outlines: Outline[] = [];
  let at = from;
  let heading = angle;
  const pieces = 4;
  for (let piece = 0; piece < pieces; piece++) {
    heading += 0.2 * random.normal();
    const to: Point = [at[0] + (length / pieces) * Math.cos(heading), at[1] + (length / pieces) * Math.sin(heading)];
    const thickness = (share: number) => Math.max(0.6, width * (1 - 0.7 * share));
    outlines.push(limbOutline(at, to, [thickness(piece / pieces), thickness((piece + 1) / pieces)]));
    at = to;
    if (forks === 0) outlines.push(leafOutline(random, at, length * random.between(0.3, 0.7)));
    else {
      const side = (piece + random.integer(2)) % 2 === 0 ? 1 : -1;
      const twig = { from: at, length: length * random.between(0.35, 0.6), width: width * 0.5 };
      outlines.push(
        ...branchOutlines(random, { ...twig, angle: heading + side * random.between(0.4, 1.1) }, forks - 1),
      );
    }
  }
  return outlines;
}

/** A leaf that hangs from a point, in any direction. */
function leafOutline(random: Random, [x, y]: Point, length: number): Outline {
  const angle = random.between(0, 2 * Math.PI);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const width = length * random.between(0.3, 0.6);
  return roundOutline(0, 0, 10, () => 1).map(([along, across]): Point => {
    const [u, v] = [((along + 1) * length) / 2, (across * width) / 2];
    return [x + u * cosine - v * sine, y + u * sine + v * cosine];
  });
}
