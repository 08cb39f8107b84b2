/** Written by `npm run costs -- --write`: 2 cores of an AMD EPYC (AVX-512), Node 20.20, onnxruntime 1.30, 2026-11-25. */
import type { ConvolutionCosts } from './convolution-cost.ts';
import type { Provider } from './lowering.ts';

export const measuredCosts: Readonly<Partial<Record<Provider, ConvolutionCosts>>> = {
  cpu: {
    direct: { result: 0.0113, 'result of a constant kernel': 0.0098, image: 0.0118, kernel: 0.0145 },
    winograd: { product: 0.0125, windows: 0.9, results: 0.9, kernels: 0.5, constantKernels: 0.3 },
  },
};
