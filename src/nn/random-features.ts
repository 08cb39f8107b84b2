/**
 * A small convolutional network that is never trained: four stages of two 3×3 convolutions with ReLU, each stage at
 * half the size of the previous one. A picture's features are its mean colour and the means over space of every stage.
 * Naeem et al. (2020, "Reliable Fidelity and Diversity Metrics for Generative Models") find embeddings of untrained
 * networks usable.
 */
import { averagePool, concat, conv2d, mean, relu, reshape, subtract } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { type Parameters, scoped } from './parameters.ts';

/** The channels of each stage. */
const stages = [32, 64, 96, 128];

/** The smallest side of which the last stage still has a pixel. */
const smallestRandomFeatureSide = 2 ** (stages.length - 1);

/**
 * Kernels of mean 0, with He's scale for ReLU. With mean 0 a kernel responds to edges and textures, not to brightness,
 * whose variation between pictures would dominate the distance.
 */
function layer(x: Node, channels: number, parameters: Parameters): Node {
  const fanIn = x.shape[1] * 9;
  const raw = parameters('weight', [channels, x.shape[1], 3, 3], { uniform: Math.sqrt(6 / fanIn) });
  const weight = subtract(raw, mean(raw, [1, 2, 3]));
  // A bias moves the bend of each ReLU.
  const bias = parameters('bias', [channels], { uniform: 0.5 });
  return relu(conv2d(x, weight, { stride: 1, padding: 1 }, bias));
}

/**
 * Features [N, 323] of pictures [N, 3, H, W] in [-1, 1].
 *
 * @throws RddmError if a side is shorter than 8
 */
export function randomFeatureNetwork(x: Node, parameters: Parameters): Node {
  const [count, , height, width] = x.shape;
  if (Math.min(height, width) < smallestRandomFeatureSide) {
    const least = `${smallestRandomFeatureSide}x${smallestRandomFeatureSide}`;
    throw expected('randomFeatures', `pictures of at least ${least}`, `${height}x${width}`);
  }
  const features = [reshape(mean(x, [2, 3]), [count, 3])];
  let h = x;
  stages.forEach((channels, stage) => {
    const of = scoped(parameters, `stage${stage}`);
    if (stage > 0) h = averagePool(h, { kernel: 2, stride: 2, padding: 0 });
    h = layer(layer(h, channels, scoped(of, 'first')), channels, scoped(of, 'second'));
    features.push(reshape(mean(h, [2, 3]), [count, channels]));
  });
  return concat(features, 1);
}
