/**
 * Written by `npm run costs -- --write`; nanoseconds a unit of work. Measured on:
 * AMD EPYC, 2 threads, Node 20.20.2, onnxruntime 1.30.0, 2026-11-25.
 */
import type { ConvolutionCosts } from './convolution-cost.ts';
import type { Provider } from './lowering.ts';

export const measuredCosts: Readonly<Partial<Record<Provider, ConvolutionCosts>>> = {
  cpu: {
    direct: {
      result: 0.0098,
      'result of a constant kernel': 0.0082,
      image: 0.00976,
      kernel: 0.0109,
      pixels: 0.926,
      turnedKernels: 3.07,
    },
    winograd: {
      product: 0.0114,
      windows: 0.787,
      results: 0.704,
      farResults: 1.2,
      kernels: 0.41,
      constantKernels: 0.0816,
    },
  },
};
