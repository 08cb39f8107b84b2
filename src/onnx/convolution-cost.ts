/**
 * What the two forms of a 3×3 convolution cost, to choose the cheaper one. The costs are measured: `npm run costs`
 * times both forms on a grid of sizes, fits the numbers below, and says how well they choose.
 */
import type { ConvolutionSizes } from './convolution-sizes.ts';
import { doubledTiles, plainTiles } from './winograd.ts';

/** What is computed; kernels that are constant are transformed only once, when the graph is loaded. */
export const convolutionSides = ['result', 'result of a constant kernel', 'image', 'kernel'] as const;
export type ConvolutionSide = (typeof convolutionSides)[number];

/** Nanoseconds a unit of each kind of work. */
export interface ConvolutionCosts {
  /** A multiply-add of the direct form. */
  readonly direct: Readonly<Record<ConvolutionSide, number>>;
  readonly winograd: {
    /** A multiply-add of the products. */
    readonly product: number;
    /** A number of the transformed images. */
    readonly windows: number;
    /** A number of the products before they are transformed back. */
    readonly results: number;
    /** A number of the transformed kernels, also where they are transformed back. */
    readonly kernels: number;
    /** A constant kernel's number, only read. */
    readonly constantKernels: number;
  };
}

/** Multiply-adds of the direct form, those of a doubled image included. */
export const directWork = ({ image, result }: ConvolutionSizes): number =>
  result[0] * result[1] * image[1] * 9 * result[2] * result[3];

/** How much work of each kind Winograd's form does. */
export function winogradWork(
  side: ConvolutionSide,
  { image, result, upsampled }: ConvolutionSizes,
): Record<keyof ConvolutionCosts['winograd'], number> {
  const { input, output } = upsampled ? doubledTiles : plainTiles;
  const products = input.length ** 2;
  const [batch, outChannels, height, width] = result;
  const tiles = batch * Math.ceil(height / output.length) * Math.ceil(width / output.length);
  const [ofImage, ofResult] = [products * image[1] * tiles, products * outChannels * tiles];
  const ofKernel = products * image[1] * outChannels;
  const isConstant = side === 'result of a constant kernel';
  return {
    product: ofKernel * tiles,
    windows: side === 'image' ? ofResult : side === 'kernel' ? ofImage + ofResult : ofImage,
    results: side === 'image' ? ofImage : side === 'kernel' ? 0 : ofResult,
    kernels: isConstant ? 0 : ofKernel,
    constantKernels: isConstant ? ofKernel : 0,
  };
}

/** Nanoseconds of both forms of a 3×3 convolution. */
export function convolutionCost(
  costs: ConvolutionCosts,
  side: ConvolutionSide,
  sizes: ConvolutionSizes,
): { readonly direct: number; readonly winograd: number } {
  const work = winogradWork(side, sizes);
  const kinds = Object.keys(costs.winograd) as (keyof typeof work)[];
  return {
    direct: costs.direct[side] * directWork(sizes),
    winograd: kinds.reduce((sum, kind) => sum + costs.winograd[kind] * work[kind], 0),
  };
}
