/** Doubling images and its adjoint, for the reference evaluator. */
import { elementCount, type Shape } from '../math/shape.ts';

/** Images [N, C, H, W]. */
interface Images {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** The shape of images after doubling. */
export const doubledShape = ([batch, channels, height, width]: Shape): Shape => [
  batch,
  channels,
  height * 2,
  width * 2,
];

/** Calls `pair(small index, large index)` for each pixel of the larger images, of `shape`. */
function visit(shape: Shape, pair: (small: number, large: number) => void): void {
  const [height, width] = [shape[2], shape[3]];
  for (let large = 0; large < elementCount(shape); large++) {
    const row = Math.floor(large / width);
    const plane = Math.floor(row / height);
    const smallRow = plane * (height / 2) + Math.floor((row % height) / 2);
    pair(smallRow * (width / 2) + Math.floor((large % width) / 2), large);
  }
}

/** Repeats each pixel as 2×2 equal ones. */
export function doubled(x: Images): Images {
  const shape = doubledShape(x.shape);
  const data = new Float64Array(elementCount(shape));
  visit(shape, (small, large) => {
    data[large] = x.data[small];
  });
  return { shape, data };
}

/** Sums 2×2 pixels. */
export function summed(x: Images): Images {
  const [batch, channels, height, width] = x.shape;
  const shape = [batch, channels, height / 2, width / 2];
  const data = new Float64Array(elementCount(shape));
  visit(x.shape, (small, large) => {
    data[small] += x.data[large];
  });
  return { shape, data };
}
