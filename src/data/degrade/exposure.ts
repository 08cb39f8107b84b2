/**
 * Motion while the shutter is open: smooth random paths, and a picture sampled between its pixels.
 */
import type { Random } from '../../math/random.ts';
import { mirrored } from '../mirror.ts';
import type { Point } from './polygon.ts';

/**
 * A path of `points` points, `extent` pixels across, with its middle at 0: a body with inertia that is pushed at
 * random. Its mean is 0, so that what moves along it stays in place on average.
 *
 * @param steadiness share of the path over which it keeps its direction: 0.1 trembles, 2 is nearly straight
 */
export function randomPath(random: Random, points: number, extent: number, steadiness: number): Point[] {
  const keep = Math.exp(-1 / (steadiness * points));
  const push = Math.sqrt(1 - keep * keep);
  let [x, y] = [0, 0];
  let [speedX, speedY] = [random.normal(), random.normal()];
  const path = Array.from({ length: points }, (): Point => {
    [x, y] = [x + speedX, y + speedY];
    speedX = keep * speedX + push * random.normal();
    speedY = keep * speedY + push * random.normal();
    return [x, y];
  });
  const [xs, ys] = [path.map(([value]) => value), path.map(([, value]) => value)];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / points;
  const across = Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const scale = across === 0 ? 0 : extent / across;
  const [middleX, middleY] = [mean(xs), mean(ys)];
  return path.map(([px, py]): Point => [(px - middleX) * scale, (py - middleY) * scale]);
}

/** Interleaved values of any number of channels. */
export interface Layer {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** The camera's pose: shifted by x and y pixels, and turned around the middle of the picture, in radians. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

/** Where each row or column begins in the data, from `margin` before the first; reflected beyond the border. */
function starts(length: number, margin: number, stride: number): Int32Array {
  return Int32Array.from({ length: length + 2 * margin }, (_, i) => mirrored(i - margin, length) * stride);
}

/**
 * Returns a function that writes the view of a layer from a pose, bilinear between pixels; poses shift at most `reach`.
 */
export function viewOf(layer: Layer, reach: number): (pose: Pose, target: Float32Array) => void {
  const { width, height, channels, data } = layer;
  const margin = Math.ceil(reach) + 2;
  const columns = starts(width, margin, channels);
  const rows = starts(height, margin, width * channels);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  return ({ x, y, angle }, target) => {
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    for (let row = 0, at = 0; row < height; row++) {
      const baseX = middleX + x - middleX * cosine - (row - middleY) * sine + margin;
      const baseY = middleY + y - middleX * sine + (row - middleY) * cosine + margin;
      for (let column = 0; column < width; column++) {
        const fromX = baseX + column * cosine;
        const fromY = baseY + column * sine;
        const left = fromX | 0;
        const top = fromY | 0;
        const right = fromX - left;
        const below = fromY - top;
        // The weights of the four surrounding pixels.
        const bottomRight = right * below;
        const topRight = right - bottomRight;
        const bottomLeft = below - bottomRight;
        const topLeft = 1 - right - bottomLeft;
        let a = rows[top] + columns[left];
        let b = rows[top] + columns[left + 1];
        let c = rows[top + 1] + columns[left];
        let d = rows[top + 1] + columns[left + 1];
        for (const end = at + channels; at < end; at++) {
          target[at] = topLeft * data[a++] + topRight * data[b++] + bottomLeft * data[c++] + bottomRight * data[d++];
        }
      }
    }
  };
}
