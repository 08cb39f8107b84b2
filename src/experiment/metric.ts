/**
 * What experiments measure, by name: its title in tables, its unit, and whether higher or lower is better.
 */

/** How a measured quantity is shown and read. */
export interface MetricKind {
  readonly title: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly digits: number;
  readonly better: 'higher' | 'lower' | 'neither';
}

/** Of pictures against their ground truth: one figure per picture. */
export const pictureMetrics = {
  psnr: { title: 'PSNR', unit: 'dB', digits: 2, better: 'higher' },
  ssim: { title: 'SSIM', unit: '', digits: 4, better: 'higher' },
  psnrLuma: { title: 'PSNR of luma', unit: 'dB', digits: 2, better: 'higher' },
  ssimLuma: { title: 'SSIM of luma', unit: '', digits: 4, better: 'higher' },
  labMae: { title: 'Lab MAE', unit: '', digits: 2, better: 'lower' },
  psnrOutside: { title: 'PSNR outside holes', unit: 'dB', digits: 2, better: 'higher' },
} as const satisfies Readonly<Record<string, MetricKind>>;

/** Of pictures among themselves, or against those of another series with the same seeds; one figure per picture. */
export const relativeMetrics = {
  spread: { title: 'spread', unit: 'of 255', digits: 1, better: 'neither' },
  colourSpread: { title: 'spread of colours', unit: 'of 255', digits: 1, better: 'neither' },
  agreement: { title: 'agreement', unit: '', digits: 3, better: 'neither' },
  distanceInside: { title: 'distance inside holes', unit: 'of 255', digits: 1, better: 'neither' },
  sharpness: { title: 'sharpness', unit: 'of 255', digits: 2, better: 'neither' },
} as const satisfies Readonly<Record<string, MetricKind>>;

/** Of all pictures of a cell against training pictures: a figure for each group left out in turn. */
export const setMetrics = {
  rfd: { title: 'RFD', unit: '', digits: 3, better: 'lower' },
} as const satisfies Readonly<Record<string, MetricKind>>;

/** Of networks, logs and schedules. */
const otherMetrics = {
  parameters: { title: 'parameters', unit: 'M', digits: 2, better: 'lower' },
  multiplyAdds: { title: 'multiply-adds', unit: 'G', digits: 1, better: 'lower' },
  thopParameters: { title: 'parameters by THOP', unit: 'M', digits: 2, better: 'lower' },
  thopMultiplyAdds: { title: 'multiply-adds by THOP', unit: 'G', digits: 1, better: 'lower' },
  stepSeconds: { title: 'time a step', unit: 's', digits: 2, better: 'lower' },
  logged: { title: 'value', unit: '', digits: 3, better: 'neither' },
  residualSide: { title: '|∂I_res/∂β̄|', unit: '', digits: 3, better: 'lower' },
  noiseSide: { title: '|∂ε/∂ᾱ|', unit: '', digits: 3, better: 'lower' },
  sidesDifference: { title: 'their difference', unit: '', digits: 3, better: 'lower' },
  variance: { title: 'sum of variances', unit: '', digits: 4, better: 'neither' },
} as const satisfies Readonly<Record<string, MetricKind>>;

export const metricKinds = { ...pictureMetrics, ...relativeMetrics, ...setMetrics, ...otherMetrics };
export type MetricName = keyof typeof metricKinds;
