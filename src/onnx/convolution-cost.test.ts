import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConvolutionCosts, cheaperForm, convolutionCost, convolutionWork } from './convolution-cost.ts';
import type { ConvolutionSizes } from './convolution-sizes.ts';

/** 3 images of 5×9 with 2 channels, convolved to 4 channels. */
const plain: ConvolutionSizes = {
  image: [3, 2, 5, 9],
  kernel: [3, 3],
  result: [3, 4, 5, 9],
  stride: 1,
  padding: 1,
  upsampled: false,
  groups: 1,
};
const doubled: ConvolutionSizes = { ...plain, result: [3, 4, 10, 18], upsampled: true };

const none = { result: 0, 'result of a constant kernel': 0, image: 0, kernel: 0 };

describe('the work of a convolution', () => {
  test('direct: multiply-adds for each side, and the values of image and result', () => {
    assert.deepEqual(convolutionWork('result', plain).direct, {
      ...none,
      result: 3 * 4 * 2 * 9 * 45,
      pixels: 3 * 45 * (2 + 4),
      turnedKernels: 0,
    });
    assert.deepEqual(convolutionWork('kernel', doubled).direct, {
      ...none,
      kernel: 3 * 4 * 2 * 9 * 180,
      pixels: 3 * 180 * (2 + 4),
      turnedKernels: 9 * 2 * 4,
    });
  });

  // 5×9 results make 2×3 tiles of 4×4, the last ones partly empty.
  const tiles = 3 * 2 * 3;
  const [ofImage, ofResult, ofKernel] = [36 * 2 * tiles, 36 * 4 * tiles, 36 * 2 * 4];

  test("Winograd's: one product per tile and pair of channels, and the values to transform", () => {
    const product = 36 * 2 * 4 * tiles;
    const of = (side: Parameters<typeof convolutionWork>[0]) => convolutionWork(side, plain).winograd;
    const kernels = { farResults: 0, kernels: ofKernel, constantKernels: 0 };
    assert.deepEqual(of('result'), { product, windows: ofImage, results: ofResult, ...kernels });
    assert.deepEqual(of('image'), { product, windows: ofResult, results: ofImage, ...kernels });
    assert.deepEqual(of('kernel'), { product, windows: ofImage + ofResult, results: 0, ...kernels });
  });

  test('more than 4 MB of results: the rest costs extra', () => {
    const large: ConvolutionSizes = { ...plain, image: [1, 2, 512, 512], result: [1, 4, 512, 512] };
    const { results, farResults } = convolutionWork('result', large).winograd;
    assert.equal(results, 36 * 4 * 128 * 128);
    assert.equal(farResults, results - 2 ** 20);
  });

  test('constant kernels are only read', () => {
    const { kernels, constantKernels } = convolutionWork('result of a constant kernel', plain).winograd;
    assert.deepEqual([kernels, constantKernels], [0, ofKernel]);
  });

  test('of doubled images: 25 products per tile of the result, for each side', () => {
    const ofTiles = 3 * 3 * 5;
    for (const side of ['result', 'image', 'kernel'] as const) {
      const { product, windows } = convolutionWork(side, doubled).winograd;
      assert.equal(product, 25 * 2 * 4 * ofTiles, side);
      assert.equal(windows, 25 * { result: 2, image: 4, kernel: 6 }[side] * ofTiles, side);
    }
  });
});

/** Costs that give a form a fixed time, whatever the sizes. */
const taking = (direct: number, winograd: number, sizes: ConvolutionSizes): ConvolutionCosts => {
  const work = convolutionWork('result', sizes);
  return {
    direct: { ...none, pixels: 0, turnedKernels: 0, result: direct / work.direct.result },
    winograd: {
      product: winograd / work.winograd.product,
      windows: 0,
      results: 0,
      farResults: 0,
      kernels: 0,
      constantKernels: 0,
    },
  };
};

test('the cost is the sum over the kinds of work', () => {
  const costs: ConvolutionCosts = {
    direct: { ...none, image: 2, pixels: 10, turnedKernels: 100 },
    winograd: { product: 1, windows: 2, results: 3, farResults: 6, kernels: 4, constantKernels: 5 },
  };
  const { direct, winograd } = convolutionWork('image', doubled);
  assert.deepEqual(convolutionCost(costs, 'image', doubled), {
    direct: 2 * direct.image + 10 * direct.pixels + 100 * direct.turnedKernels,
    winograd: winograd.product + 2 * winograd.windows + 3 * winograd.results + 4 * winograd.kernels,
  });
});

test("Winograd's form is chosen if it is clearly cheaper, the direct one if both are close", () => {
  const chosen = (winograd: number) => cheaperForm(taking(100, winograd, plain), 'result', plain);
  assert.equal(chosen(50), 'winograd');
  assert.equal(chosen(85), 'winograd');
  assert.equal(chosen(95), 'direct');
  assert.equal(chosen(200), 'direct');
});
