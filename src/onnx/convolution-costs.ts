/**
 * Written by `npm run costs -- --write`; nanoseconds per unit of work. Measured on:
 * AMD EPYC, 2 threads, Node 20.20.2, onnxruntime 1.30.0, 2026-11-25.
 */
import type { ConvolutionCosts } from './convolution-cost.ts';
import type { Provider } from './lowering.ts';

export const measuredCosts: Readonly<Partial<Record<Provider, ConvolutionCosts>>> = {
  cpu: {
    direct: {
      result: 0.0096,
      'result of a constant kernel': 0.00806,
      image: 0.00967,
      kernel: 0.0109,
      pixels: 0.914,
      turnedKernels: 3.03,
    },
    winograd: {
      product: 0.0109,
      windows: 0.785,
      results: 0.715,
      farResults: 1.09,
      kernels: 0.404,
      constantKernels: 0.0878,
    },
  },
};
