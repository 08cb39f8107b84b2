/** The sizes of a convolution, which lowering needs whichever of its three sides is computed. */
import type { ConvolutionAttributes, Node } from '../graph/node.ts';
import type { Shape } from '../math/shape.ts';

/** A convolution's sizes. */
export interface ConvolutionSizes extends Required<ConvolutionAttributes> {
  /** [N, I, H, W], before doubling. */
  readonly image: Shape;
  /** [height, width] */
  readonly kernel: Shape;
  /** [N, O, H, W] */
  readonly result: Shape;
}

const sizes = (
  {
    attributes: { stride, padding, upsampled = false, groups = 1 },
  }: Node<'conv2d' | 'conv2dInputGradient' | 'conv2dWeightGradient'>,
  image: Shape,
  kernel: Shape,
  result: Shape,
): ConvolutionSizes => ({ stride, padding, upsampled, groups, image, kernel, result });

export const sizesOfConvolution = (node: Node<'conv2d'>): ConvolutionSizes =>
  sizes(node, node.inputs[0].shape, node.inputs[1].shape.slice(2), node.shape);

export const sizesOfInputGradient = (node: Node<'conv2dInputGradient'>): ConvolutionSizes =>
  sizes(node, node.shape, node.inputs[1].shape.slice(2), node.inputs[0].shape);

export const sizesOfWeightGradient = (node: Node<'conv2dWeightGradient'>): ConvolutionSizes =>
  sizes(node, node.inputs[0].shape, node.attributes.kernel, node.inputs[1].shape);

/** The same convolution, with the doubled image. */
export const ofDoubled = (convolution: ConvolutionSizes): ConvolutionSizes => {
  const [batch, channels, height, width] = convolution.image;
  return { ...convolution, image: [batch, channels, 2 * height, 2 * width], upsampled: false };
};
