/**
 * The costs of the two forms of a 3×3 convolution of one group, to choose the cheaper one. Costs are measured: `npm run
 * costs` times both forms on a grid of sizes, fits the table in convolution-costs.ts, and says how well it chooses.
 */
import { elementCount } from '../math/shape.ts';
import type { ConvolutionSizes } from './convolution-sizes.ts';
import { doubledTiles, plainTiles } from './winograd.ts';

/** The computed side; constant kernels are transformed only once, when the graph is loaded. */
export const convolutionSides = ['result', 'result of a constant kernel', 'image', 'kernel'] as const;
export type ConvolutionSide = (typeof convolutionSides)[number];

/** The two ways to lower a 3×3 convolution. */
export const convolutionForms = ['direct', 'winograd'] as const;
/** One of `convolutionForms`. */
export type ConvolutionForm = (typeof convolutionForms)[number];

/** The kinds of work: the amount of each, or the cost of one unit. */
interface WorkByForm {
  /** Multiply-adds by side, including those of a doubled image. */
  readonly direct: Readonly<Record<ConvolutionSide, number>> & {
    /** Values of image and result, at the size the convolution sees. */
    readonly pixels: number;
    /** Values of the kernels, if they are flipped or, as a gradient, reordered: a pass on one core. */
    readonly turnedKernels: number;
  };
  readonly winograd: {
    /** Multiply-adds of the products. */
    readonly product: number;
    /** Values of the transformed images. */
    readonly windows: number;
    /** Values of the products before they are transformed back. */
    readonly results: number;
    /** Those beyond the first `NEAR`, which cost extra. */
    readonly farResults: number;
    /** Values of the transformed kernels, including those transformed back. */
    readonly kernels: number;
    /** Values of a constant kernel, which are only read. */
    readonly constantKernels: number;
  };
}

/** Nanoseconds per unit of each kind of work. */
export type ConvolutionCosts = WorkByForm;

/**
 * 4 MB: the results that the caches near a core hold. The rest must be read from further away to be transformed back.
 */
const NEAR = 2 ** 20;

function directWork(side: ConvolutionSide, { image, result, upsampled }: ConvolutionSizes): WorkByForm['direct'] {
  const inChannels = image[1];
  const ofImage = elementCount(image) * (upsampled ? 4 : 1);
  const ofResult = elementCount(result);
  return {
    result: 0,
    'result of a constant kernel': 0,
    image: 0,
    kernel: 0,
    [side]: 9 * inChannels * ofResult,
    pixels: ofImage + ofResult,
    turnedKernels: side === 'image' || side === 'kernel' ? 9 * inChannels * result[1] : 0,
  };
}

function winogradWork(side: ConvolutionSide, { image, result, upsampled }: ConvolutionSizes): WorkByForm['winograd'] {
  const { input, output } = upsampled ? doubledTiles : plainTiles;
  const products = input.length ** 2;
  const [batch, outChannels, height, width] = result;
  const tiles = batch * Math.ceil(height / output.length) * Math.ceil(width / output.length);
  const [ofImage, ofResult] = [products * image[1] * tiles, products * outChannels * tiles];
  const ofKernel = products * image[1] * outChannels;
  const isConstant = side === 'result of a constant kernel';
  const results = side === 'image' ? ofImage : side === 'kernel' ? 0 : ofResult;
  return {
    product: ofKernel * tiles,
    windows: side === 'image' ? ofResult : side === 'kernel' ? ofImage + ofResult : ofImage,
    results,
    farResults: Math.max(0, results - NEAR),
    kernels: isConstant ? 0 : ofKernel,
    constantKernels: isConstant ? ofKernel : 0,
  };
}

/** The amount of each kind of work in both forms. */
export const convolutionWork = (side: ConvolutionSide, sizes: ConvolutionSizes): WorkByForm => ({
  direct: directWork(side, sizes),
  winograd: winogradWork(side, sizes),
});

const cost = <Kind extends string>(costs: Readonly<Record<Kind, number>>, work: Readonly<Record<Kind, number>>) =>
  (Object.keys(work) as Kind[]).reduce((sum, kind) => sum + costs[kind] * work[kind], 0);

/** Nanoseconds of both forms of a 3×3 convolution. */
export function convolutionCost(
  costs: ConvolutionCosts,
  side: ConvolutionSide,
  sizes: ConvolutionSizes,
): Readonly<Record<ConvolutionForm, number>> {
  const { direct, winograd } = convolutionWork(side, sizes);
  return { direct: cost(costs.direct, direct), winograd: cost(costs.winograd, winograd) };
}

/**
 * Winograd's form holds its products, which are more than twice as large as the images; its gain must be worth that
 * memory and exceed the error of the predictions.
 */
const WORTH_IT = 0.9;

/** Chooses the form: Winograd's if it is clearly cheaper. */
export function cheaperForm(costs: ConvolutionCosts, side: ConvolutionSide, sizes: ConvolutionSizes): ConvolutionForm {
  const { direct, winograd } = convolutionCost(costs, side, sizes);
  return winograd < WORTH_IT * direct ? 'winograd' : 'direct';
}
