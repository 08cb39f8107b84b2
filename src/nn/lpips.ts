/**
 * LPIPS (Zhang et al. 2018), version 0.1, on AlexNet: squared differences of unit-length features, weighted per channel
 * by the published heads, averaged over space, summed over five layers. Without dropout, as in evaluation.
 */
import { add, concat, constant, divide, matmul, mean, reshape, sqrt, square, subtract, sum } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import { tensor } from '../math/tensor.ts';
import { alexnetChannels, alexnetFeatures, smallestAlexnetSide } from './alexnet.ts';
import type { Parameters } from './parameters.ts';

/** Mean and deviation of ImageNet for values in [-1, 1], rounded as in LPIPS. */
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];
const EPSILON = 1e-10;

const perColour = (values: readonly number[]): Node => constant(tensor([1, 3, 1, 1], values));

/** AlexNet's features, normalised to unit length over the channels of each pixel. */
export function lpipsFeatures(image: Node, parameters: Parameters): Node[] {
  const scaled = divide(subtract(image, perColour(SHIFT)), perColour(SCALE));
  return alexnetFeatures(scaled, parameters).map((h) => divide(h, add(sqrt(sum(square(h), [1])), EPSILON)));
}

/**
 * LPIPS of pairs of images.
 *
 * @param first images [N, 3, H, W] in [-1, 1]
 * @param second images of the same shape
 * @param parameters `features.N.weight` and `.bias` of AlexNet, heads `lin0` … `lin4` [1, C, 1, 1]
 * @returns the distance [N, 1], and the contribution of each layer [N, 5]
 * @throws RddmError if they are not colour images, the shapes differ, or a side is shorter than 31
 */
export function lpips(first: Node, second: Node, parameters: Parameters): { distance: Node; layers: Node } {
  const [count, channels, height, width] = first.shape;
  if (first.shape.length !== 4 || channels !== 3) {
    throw expected('lpips', 'images [N, 3, H, W]', showShape(first.shape), 'pass a grey image as R = G = B');
  }
  if (!sameShape(first.shape, second.shape)) {
    throw expected('lpips', 'images of one shape', `${showShape(first.shape)} and ${showShape(second.shape)}`);
  }
  if (Math.min(height, width) < smallestAlexnetSide) {
    const least = `${smallestAlexnetSide}x${smallestAlexnetSide}`;
    throw expected('lpips', `pictures of at least ${least}, AlexNet's minimum`, showShape([height, width]));
  }
  const [a, b] = [lpipsFeatures(first, parameters), lpipsFeatures(second, parameters)];
  const layers = a.map((h, i) => {
    const head = parameters(`lin${i}`, [1, alexnetChannels[i], 1, 1], { value: 1 });
    // The mean over space comes first, since the head is linear.
    const differences = reshape(mean(square(subtract(h, b[i])), [2, 3]), [count, alexnetChannels[i]]);
    return matmul(differences, reshape(head, [alexnetChannels[i], 1]));
  });
  const all = concat(layers, 1);
  return { distance: sum(all, [1]), layers: all };
}
