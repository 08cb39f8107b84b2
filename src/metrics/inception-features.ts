/**
 * What FID and Inception Score take from pictures: the 2048 features and the unbiased logits of the Inception network,
 * for pictures of any size, resized to 299×299 as in pytorch-fid.
 */
import type { Image } from '../data/image.ts';
import { resizeBilinear } from '../data/resize-bilinear.ts';
import { filled, type Tensor, type TensorMap } from '../math/tensor.ts';
import { inception, inceptionSide } from '../nn/inception.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createFeatureReader, type FeatureNetwork } from './feature-reader.ts';
import { coloured } from './picture-batch.ts';

/** A picture as [1, 3, 299, 299] in [-1, 1]; resized while in [0, 1], as for the published scores. */
function prepared(image: Image): Tensor {
  const { width, height, data } = coloured(image);
  const pixels = width * height;
  const unit = filled([1, 3, height, width], 0);
  for (let i = 0; i < unit.data.length; i++) unit.data[i] = data[(i % pixels) * 3 + Math.floor(i / pixels)] / 255;
  const { shape, data: values } = resizeBilinear(unit, inceptionSide, inceptionSide);
  return { shape, data: values.map((value) => 2 * value - 1) };
}

const network: FeatureNetwork = (x, parameters) => {
  const { features2048, logitsUnbiased } = inception(x, parameters);
  return { features2048, logitsUnbiased };
};

/** Computes features batch by batch; release it when done. */
export interface InceptionReader {
  /** @param images from one to the batch size, of any sizes */
  read(images: readonly Image[]): Promise<{ features2048: Tensor; logitsUnbiased: Tensor }>;
  release(): Promise<void>;
}

/**
 * Opens the Inception network on a runtime. Fréchet distances of its features are FID only with the published weights.
 *
 * @param weights under the names that pytorch-fid uses
 * @param batchSize pictures per run
 */
export function createInceptionReader(runtime: Runtime, weights: TensorMap, batchSize: number): InceptionReader {
  const reader = createFeatureReader(runtime, network, weights, batchSize);
  return {
    async read(images) {
      const batch = filled([images.length, 3, inceptionSide, inceptionSide], 0);
      images.forEach((image, i) => {
        batch.data.set(prepared(image).data, (i * batch.data.length) / images.length);
      });
      const { features2048, logitsUnbiased } = await reader.read(batch);
      return { features2048, logitsUnbiased };
    },
    release: reader.release,
  };
}
