/**
 * `metrics*.json`: scores of image pairs. Paths are relative to the data folder beside the golden one, or to that of
 * RDDM_SHARED. Scores that we do not compute are listed as not covered.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readImage } from '../../src/adapters/node/pictures/images.ts';
import { type Comparison, compareImages } from '../../src/metrics/compare.ts';
import { type Check, type NotCovered, worst } from './check.ts';
import { parsePythonJson } from './python-json.ts';

interface Row {
  readonly image: string;
  readonly reference: string;
  readonly mask?: string | null;
  readonly [quantity: string]: unknown;
}

/** All scores of `compareImages`, under the files' names. */
const scores = ({ mask, ...all }: Comparison): Readonly<Partial<Record<string, number | undefined>>> => ({
  psnr_rgb: all.psnrRgb,
  psnr_y: all.psnrLuma,
  psnr_y_rounded: all.psnrLumaRounded,
  ssim_rgb: all.ssimRgb,
  ssim_y: all.ssimLuma,
  ssim_y_rounded: all.ssimLumaRounded,
  mae_lab_all: all.labMae,
  mae_lab_in_mask: mask?.labMaeInside,
  mae_lab_outside_mask: mask?.labMaeOutside,
  psnr_rgb_in_mask: mask?.psnrRgbInside,
  psnr_rgb_outside_mask: mask?.psnrRgbOutside,
  ssim_rgb_in_mask: mask?.ssimRgbInside,
  ssim_rgb_outside_mask: mask?.ssimRgbOutside,
  mask_fraction: mask?.fraction,
});

/** Infinite and undefined scores only agree with the same. */
const difference = (ours: number, golden: number): number => {
  if (Object.is(ours, golden)) return 0;
  const error = Math.abs(ours - golden);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
};

export async function metricsCase(path: string): Promise<(Check | NotCovered)[]> {
  const { rows } = parsePythonJson(readFileSync(path, 'utf8')) as { rows: Row[] };
  const beside = join(dirname(path), '..', 'data');
  const elsewhere = process.env.RDDM_SHARED && join(process.env.RDDM_SHARED, 'data');
  const read = (name: string) => {
    const folder = elsewhere && !existsSync(join(beside, name)) ? elsewhere : beside;
    return readImage(join(folder, name), { channels: 3 });
  };
  const errors: Record<string, number[]> = {};
  const notCovered: Record<string, number> = {};
  for (const row of rows) {
    const mask = row.mask ? await read(row.mask) : undefined;
    const ours = scores(compareImages(await read(row.image), await read(row.reference), mask));
    for (const [quantity, wanted] of Object.entries(row)) {
      if (typeof wanted !== 'number') continue;
      const value = ours[quantity];
      // We give no score to a region without pixels; two black pictures would score as perfect.
      const isEmpty = /_mask$/.test(quantity) && Number.isNaN(value) && !Number.isNaN(wanted);
      const label = isEmpty ? `${quantity} of a region without pixels` : quantity;
      if (value === undefined || isEmpty) notCovered[label] = (notCovered[label] ?? 0) + 1;
      else errors[quantity] = [...(errors[quantity] ?? []), difference(value, wanted)];
    }
  }
  return [
    ...Object.entries(errors).map(([quantity, list]) => ({
      quantity: `${quantity} of ${list.length} pairs`,
      error: worst(list),
      limit: 1e-3,
    })),
    ...Object.entries(notCovered).map(
      ([quantity, count]): NotCovered => ({ quantity: `${quantity} of ${count} pairs`, verdict: 'not covered' }),
    ),
  ];
}
