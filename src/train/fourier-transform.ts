/**
 * The two-dimensional discrete Fourier transform as graph: products with constant matrices of cosines and sines, since
 * the providers have no operator for it. For training squares that costs little compared with a network.
 */
import { add, constant, matmul, negate, subtract } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { tensor } from '../math/tensor.ts';

/** wave(2π j k / size) for j, k = 0 … size − 1, [size, size]; it is symmetric. */
function waves(size: number, wave: (angle: number) => number): Node {
  const at = (j: number, k: number): number => wave((2 * Math.PI * ((j * k) % size)) / size);
  return constant(
    tensor(
      [size, size],
      Array.from({ length: size ** 2 }, (_, i) => at(Math.floor(i / size), i % size)),
    ),
  );
}

/**
 * Transforms each channel of images: F(u, v) = Σ x(h, w) e^(−2πi (uh/H + vw/W)), like `torch.fft.fft2` with its default
 * normalisation `backward`, which divides only the inverse transform.
 *
 * @param x real, [N, C, H, W]
 * @returns both parts of F, each [N, C, H, W]
 */
export function fourierTransform(x: Node): { readonly real: Node; readonly imaginary: Node } {
  const [, , height, width] = x.shape;
  const [cosines, sines] = [waves(height, Math.cos), waves(height, Math.sin)];
  // Along the rows x becomes a − ib, then along the columns (cos − i sin)(a − ib).
  const [a, b] = [matmul(x, waves(width, Math.cos)), matmul(x, waves(width, Math.sin))];
  return {
    real: subtract(matmul(cosines, a), matmul(sines, b)),
    imaginary: negate(add(matmul(sines, a), matmul(cosines, b))),
  };
}
