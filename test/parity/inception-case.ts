/** `inception-*`: the FID variant of Inception v3 on pictures of any size, with formula weights. */
import { resizeBilinear } from '../../src/data/resize-bilinear.ts';
import { feed } from '../../src/graph/build.ts';
import { createProgram } from '../../src/graph/program.ts';
import { expected } from '../../src/math/errors.ts';
import { largestDifference, type Tensor, tensor } from '../../src/math/tensor.ts';
import { inception, inceptionSide } from '../../src/nn/inception.ts';
import { constantParameters } from '../../src/nn/parameters.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { Check } from './check.ts';
import { formulaWeights } from './formula-weights.ts';
import { type GoldenFile, roundingLimit } from './golden-file.ts';

/** The 8×8 values of each image's first channel from a given pixel. */
function corner({ shape, data }: Tensor, from: number): Tensor {
  const [count, channels, height, width] = shape;
  const values = Array.from({ length: count * 64 }, (_, i) => {
    const [image, row, column] = [Math.floor(i / 64), from + (Math.floor(i / 8) % 8), from + (i % 8)];
    return data[image * channels * height * width + row * width + column];
  });
  return tensor([count, 8, 8], values);
}

export async function inceptionCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  if (golden.number('batch_norm_eps') !== 1e-3) {
    throw expected(golden.name, 'a batch_norm_eps of 0.001, as the network has', golden.text('batch_norm_eps'));
  }
  const resized = resizeBilinear(golden.tensor('images'), inceptionSide, inceptionSide);
  const corners = { resized_corner: corner(resized, 0), resized_far_corner: corner(resized, inceptionSide - 8) };
  const x = { shape: resized.shape, data: resized.data.map((value) => 2 * value - 1) };
  const results = inception(feed('x', x.shape), constantParameters(formulaWeights(golden)));
  const named = {
    features_64: results.features64,
    features_192: results.features192,
    features_768: results.features768,
    features_2048: results.features2048,
    logits_unbiased: results.logitsUnbiased,
    logits: results.logits,
  };
  const executable = await runtime.load({ inception: createProgram('inception', named) });
  const given = await executable.run('inception', { x });
  await executable.release();
  return [
    ...Object.entries(corners).map(([quantity, value]) => ({
      quantity,
      error: largestDifference(value, golden.tensor(quantity)),
      limit: 1e-6,
    })),
    ...Object.keys(named).map((quantity) => ({
      quantity,
      error: largestDifference(given[quantity], golden.tensor(quantity)),
      // Sums of up to 2048 · 9 products, in another order than the file's, and in Winograd's form.
      limit: 1.2 * roundingLimit(golden, quantity),
    })),
  ];
}
