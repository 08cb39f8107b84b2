/**
 * Lowering of the convolution and its two gradients. Each has a direct form and, for 3×3 kernels at stride 1 with
 * channels in one group, Winograd's form. Which is faster depends on the sizes; convolution-costs.ts has the
 * measurements.
 */
import { isOp, type Node } from '../graph/node.ts';
import { type ConvolutionSide, cheaperForm } from './convolution-cost.ts';
import { measuredCosts } from './convolution-costs.ts';
import {
  type ConvolutionSizes,
  ofDoubled,
  sizesOfConvolution,
  sizesOfInputGradient,
  sizesOfWeightGradient,
} from './convolution-sizes.ts';
import { directConvolution, directInputGradient } from './lower-direct.ts';
import { doubled, summed } from './lower-resampling.ts';
import { directWeightGradient } from './lower-weight-gradient.ts';
import { winogradConvolution, winogradInputGradient, winogradWeightGradient } from './lower-winograd.ts';
import type { Lowering, Name } from './lowering.ts';

/** Whether a value is the same in every run, so that ONNX Runtime computes it once, when it loads the graph. */
const isConstant = (node: Node): boolean =>
  isOp(node, 'constant') || (node.inputs.length > 0 && node.inputs.every(isConstant));

/** Windows of doubled pixels begin between two equal ones only if the padding is 1. */
const hasWinogradForm = ({ kernel: [height, width], stride, padding, upsampled, groups }: ConvolutionSizes): boolean =>
  groups === 1 && height === 3 && width === 3 && stride === 1 && (upsampled ? padding === 1 : padding <= 2);

function usesWinograd(sizes: ConvolutionSizes, side: ConvolutionSide, to: Lowering): boolean {
  if (to.convolutions === 'direct' || !hasWinogradForm(sizes)) return false;
  if (to.convolutions === 'winograd') return true;
  const costs = measuredCosts[to.provider];
  return costs !== undefined && cheaperForm(costs, side, sizes) === 'winograd';
}

export function lowerConv2d(node: Node<'conv2d'>, operands: readonly Name[], to: Lowering): Name {
  const sizes = sizesOfConvolution(node);
  const side = isConstant(node.inputs[1]) ? 'result of a constant kernel' : 'result';
  // ONNX Runtime multiplies integers if a convolution is directly between quantized values.
  const isQuantized = node.inputs.some(({ op }) => op === 'quantize');
  if (!isQuantized && usesWinograd(sizes, side, to)) return winogradConvolution(operands, sizes, to);
  if (!sizes.upsampled) return directConvolution(operands, sizes, to);
  const [x, ...others] = operands;
  return directConvolution([doubled(x, to), ...others], ofDoubled(sizes), to);
}

export function lowerConv2dInputGradient(
  node: Node<'conv2dInputGradient'>,
  operands: readonly Name[],
  to: Lowering,
): Name {
  const sizes = sizesOfInputGradient(node);
  if (usesWinograd(sizes, 'image', to)) return winogradInputGradient(operands, sizes, to);
  return sizes.upsampled
    ? summed(directInputGradient(operands, ofDoubled(sizes), to), to)
    : directInputGradient(operands, sizes, to);
}

export function lowerConv2dWeightGradient(
  node: Node<'conv2dWeightGradient'>,
  [x, g]: readonly Name[],
  to: Lowering,
): Name {
  const sizes = sizesOfWeightGradient(node);
  if (usesWinograd(sizes, 'kernel', to)) return winogradWeightGradient([x, g], sizes, to);
  return sizes.upsampled
    ? directWeightGradient([doubled(x, to), g], ofDoubled(sizes), to)
    : directWeightGradient([x, g], sizes, to);
}
