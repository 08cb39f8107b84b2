/**
 * All the scores of the paper's restoration tables for one picture and its ground truth, in one call: PSNR and SSIM on
 * RGB and on luma, Lab error, and the same inside and outside a mask (Table 7 of the paper). Scores that need networks
 * are in lpips.ts and, for sets of pictures, frechet.ts.
 */
import type { Image } from '../data/image.ts';
import { labMae } from './lab.ts';
import { luma } from './luma.ts';
import { maskedImage, maskFraction, type Region } from './mask.ts';
import { requireSameSize } from './plane.ts';
import { psnrOfPlanes, psnrRgb } from './psnr.ts';
import { ssimOfPlanes, ssimRgb } from './ssim.ts';

/** Scores of the two sides of a mask; the scores of a side without pixels are NaN. */
export interface MaskComparison {
  /** The share of pixels inside the mask, 0 … 1. */
  readonly fraction: number;
  readonly labMaeInside: number;
  readonly labMaeOutside: number;
  /** With both pictures multiplied by the mask; the mean is over the whole picture. */
  readonly psnrRgbInside: number;
  readonly psnrRgbOutside: number;
  readonly ssimRgbInside: number;
  readonly ssimRgbOutside: number;
}

/** Scores of one picture: PSNR in dB, SSIM at most 1, Lab error as the sum of the three absolute differences. */
export interface Comparison {
  readonly psnrRgb: number;
  readonly psnrLuma: number;
  readonly psnrLumaRounded: number;
  readonly ssimRgb: number;
  readonly ssimLuma: number;
  readonly ssimLumaRounded: number;
  readonly labMae: number;
  readonly mask?: MaskComparison;
}

/**
 * Scores a picture against its ground truth.
 *
 * @param image the picture to judge, 8-bit sRGB or grey (a grey one counts as R = G = B)
 * @param reference the ground truth, of the same size
 * @param mask inside is where its red channel is above 127
 * @throws RddmError if sizes differ, or a side is shorter than the 11 pixels of SSIM's window
 *
 * @example
 * ```ts
 * import { compareImages } from 'rddm';
 * import assert from 'node:assert/strict';
 * const size = { width: 16, height: 16, channels: 3 as const };
 * const reference = { ...size, data: new Uint8Array(16 * 16 * 3).fill(100) };
 * const image = { ...size, data: new Uint8Array(16 * 16 * 3).fill(110) };
 * assert.equal(compareImages(image, reference).psnrRgb.toFixed(2), '28.13');
 * assert.equal(compareImages(image, image).labMae, 0);
 * ```
 */
export function compareImages(image: Image, reference: Image, mask?: Image): Comparison {
  requireSameSize('compareImages', image, reference);
  if (mask) requireSameSize('compareImages', image, mask, 'image and mask');
  const real = [luma(image), luma(reference)] as const;
  const rounded = [luma(image, 'rounded'), luma(reference, 'rounded')] as const;
  const lab = labMae(image, reference, mask);
  const scores = {
    psnrRgb: psnrRgb(image, reference),
    psnrLuma: psnrOfPlanes(...real),
    psnrLumaRounded: psnrOfPlanes(...rounded),
    ssimRgb: ssimRgb(image, reference),
    ssimLuma: ssimOfPlanes(...real),
    ssimLumaRounded: ssimOfPlanes(...rounded),
    labMae: lab.all,
  };
  if (!mask) return scores;
  const fraction = maskFraction(mask);
  const side = (region: Region) => {
    if (fraction === (region === 'inside' ? 0 : 1)) return { psnr: Number.NaN, ssim: Number.NaN };
    const pair = [maskedImage(image, mask, region), maskedImage(reference, mask, region)] as const;
    return { psnr: psnrRgb(...pair), ssim: ssimRgb(...pair) };
  };
  const [inside, outside] = [side('inside'), side('outside')];
  return {
    ...scores,
    mask: {
      fraction,
      labMaeInside: lab.inside,
      labMaeOutside: lab.outside,
      psnrRgbInside: inside.psnr,
      psnrRgbOutside: outside.psnr,
      ssimRgbInside: inside.ssim,
      ssimRgbOutside: outside.ssim,
    },
  };
}
