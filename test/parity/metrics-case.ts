/** `metrics*.json`: PSNR, SSIM and Lab error of image pairs; paths are relative to the data folder beside the golden one. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readImage } from '../../src/adapters/node/images.ts';
import { compareImages } from '../../src/metrics/compare.ts';
import { type Check, worst } from './check.ts';

interface Row {
  readonly image: string;
  readonly reference: string;
  readonly mask?: string;
  readonly [quantity: string]: string | number | undefined;
}

export async function metricsCase(path: string): Promise<Check[]> {
  const { rows } = JSON.parse(readFileSync(path, 'utf8')) as { rows: Row[] };
  const data = join(dirname(path), '..', 'data');
  const errors: Record<string, number[]> = {};
  for (const row of rows) {
    const read = (name: string) => readImage(join(data, name), { channels: 3 });
    const mask = row.mask ? await read(row.mask) : undefined;
    const given = compareImages(await read(row.image), await read(row.reference), mask);
    const ours: Record<string, number | undefined> = {
      psnr_rgb: given.psnrRgb,
      psnr_y: given.psnrLuma,
      psnr_y_rounded: given.psnrLumaRounded,
      ssim_rgb: given.ssimRgb,
      ssim_y: given.ssimLuma,
      ssim_y_rounded: given.ssimLumaRounded,
      mae_lab_all: given.labMae,
      mae_lab_in_mask: given.mask?.labMaeInside,
      mae_lab_outside_mask: given.mask?.labMaeOutside,
      psnr_rgb_in_mask: given.mask?.psnrRgbInside,
      mask_fraction: given.mask?.fraction,
    };
    for (const [quantity, wanted] of Object.entries(row)) {
      if (typeof wanted !== 'number') continue;
      // A quantity that we do not compute is an error of infinite size, not silence.
      const value = ours[quantity] ?? Number.POSITIVE_INFINITY;
      errors[quantity] = [...(errors[quantity] ?? []), value === wanted ? 0 : Math.abs(value - wanted)];
    }
  }
  return Object.entries(errors).map(([quantity, list]) => ({
    quantity: `${quantity} of ${list.length} pairs`,
    error: worst(list),
    limit: 1e-3,
  }));
}
