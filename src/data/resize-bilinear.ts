/**
 * Bilinear resizing as PyTorch does it for networks: half-pixel centres, clamped edges, and no wider kernel when
 * shrinking, so that pixels are skipped. Source coordinates are float32: in large pictures that shows, and the
 * published scores were computed that way. For pictures to look at use `resizeImage`.
 */
import { filled, type Tensor } from '../math/tensor.ts';

/** For each pixel of a resized line: the two pixels it lies between, and the weight of the second. */
interface Between {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

function betweens(from: number, to: number): Between[] {
  const scale = Math.fround(Math.fround(from) / Math.fround(to));
  return Array.from({ length: to }, (_, i) => {
    const source = Math.max(0, Math.fround(Math.fround(scale * Math.fround(i + 0.5)) - 0.5));
    const first = Math.min(from - 1, Math.floor(source));
    return { first, second: Math.min(from - 1, first + 1), share: Math.fround(source - first) };
  });
}

/** Images [N, C, H, W] at another size; the same tensor if the size is the same. */
export function resizeBilinear(images: Tensor, height: number, width: number): Tensor {
  const [count, channels, fromHeight, fromWidth] = images.shape;
  if (fromHeight === height && fromWidth === width) return images;
  const result = filled([count, channels, height, width], 0);
  const rows = betweens(fromHeight, height);
  const columns = betweens(fromWidth, width);
  let at = 0;
  for (let plane = 0; plane < count * channels; plane++) {
    const start = plane * fromHeight * fromWidth;
    for (const row of rows) {
      const [upper, lower] = [start + row.first * fromWidth, start + row.second * fromWidth];
      for (const { first, second, share } of columns) {
        const above = images.data[upper + first] * (1 - share) + images.data[upper + second] * share;
        const below = images.data[lower + first] * (1 - share) + images.data[lower + second] * share;
        result.data[at++] = above * (1 - row.share) + below * row.share;
      }
    }
  }
  return result;
}
