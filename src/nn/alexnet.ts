/**
 * The convolutional trunk of AlexNet as in torchvision (Krizhevsky 2014, "One weird trick"), under its names
 * `features.N`. Only what LPIPS uses: the five results of ReLU.
 */
import { conv2d, maxPool, relu } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { convolutionParameters } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

/** The convolutions, by their index in `features`; the image is pooled before the second and third. */
const layers = [
  { place: 0, channels: 64, kernel: 11, stride: 4, padding: 2, pooled: false },
  { place: 3, channels: 192, kernel: 5, stride: 1, padding: 2, pooled: true },
  { place: 6, channels: 384, kernel: 3, stride: 1, padding: 1, pooled: true },
  { place: 8, channels: 256, kernel: 3, stride: 1, padding: 1, pooled: false },
  { place: 10, channels: 256, kernel: 3, stride: 1, padding: 1, pooled: false },
] as const;

/** Channels of the five results. */
export const alexnetChannels: readonly number[] = layers.map(({ channels }) => channels);

/** The smallest side at which every layer has a pixel. */
export const smallestAlexnetSide = 31;

/** The five results of ReLU for images [N, 3, H, W] with sides from 31, normalised for torchvision's networks. */
export function alexnetFeatures(x: Node, parameters: Parameters): Node[] {
  let h = x;
  return layers.map(({ place, channels, kernel, stride, padding, pooled }) => {
    if (pooled) h = maxPool(h, { kernel: 3, stride: 2, padding: 0 });
    const shape = [channels, h.shape[1], kernel, kernel];
    const { weight, bias } = convolutionParameters(shape, scoped(parameters, `features.${place}`));
    h = relu(conv2d(h, weight, { stride, padding }, bias));
    return h;
  });
}
