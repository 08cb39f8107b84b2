/**
 * Finds the ranges for 8-bit arithmetic: a denoiser that works in float32 and meanwhile counts the values that enter
 * and leave each convolution. The caller chooses the photographs that it samples.
 */
import type { Node } from '../graph/node.ts';
import { createProgram } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import { counted, emptyHistogram, type Histogram, rangeOf } from '../math/histogram.ts';
import type { TensorMap } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Quantization } from '../model/config-fields.ts';
import { quantizableConvolutions } from '../model/quantized.ts';
import { networkOf } from '../networks/registry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createProgramDenoiser, inferenceProgram, type NetworkDenoiser } from './network-denoiser.ts';

/**
 * The share of values at each end that may lie outside the range and are clipped. Without clipping, a few outliers make
 * the steps so wide that the shipped model loses three times as much; with thirty times more, the clipping itself
 * shows.
 */
const OUTSIDE = 1e-5;

/** A denoiser that watches its own convolutions. */
export interface Calibration extends NetworkDenoiser {
  /** @throws RddmError before the first call of the network */
  quantization(): Quantization;
}

/**
 * Starts to calibrate a model.
 *
 * @param runtime where it runs
 * @param config of a model without 8-bit arithmetic
 *
 * @example
 * ```ts
 * import { createCalibration, filled, initialWeights, modelConfig, modelParameters, sampleFinal } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 4, multipliers: [1], groups: 2 }, sampling: { steps: 1 } });
 * const weights = initialWeights(modelParameters(config), 0);
 * const calibration = createCalibration(createReferenceRuntime(), config, weights);
 * await sampleFinal(calibration, { input: filled([1, 3, 4, 4], 0.5) });
 * const { layers } = calibration.quantization();
 * const [low, high] = layers['unet0.downs.0.0.block1.proj'].input;
 * assert.ok(low < high);
 * ```
 */
export function createCalibration(runtime: Runtime, config: ModelConfig, weights: TensorMap): Calibration {
  const { keptExact } = networkOf(config.unet);
  const histograms = new Map<string, Histogram>();
  /** For each layer, the names under which its input and output are counted. */
  let layers: Readonly<Record<string, { readonly input: string; readonly output: string }>> = {};

  const denoiser = createProgramDenoiser(
    runtime,
    config,
    (shape) => {
      const { outputs } = inferenceProgram(config, weights, shape);
      const convolutions = [...quantizableConvolutions(Object.values(outputs), weights, keptExact)];
      // A value that leaves one convolution and enters others is counted once.
      const watched = new Map<Node, string>();
      const watch = (node: Node, name: string): string => {
        const known = watched.get(node) ?? name;
        watched.set(node, known);
        return known;
      };
      layers = Object.fromEntries(
        convolutions.map(([layer, node]) => {
          const input = watch(node.inputs[0], `${layer} input`);
          return [layer, { input, output: watch(node, `${layer} output`) }];
        }),
      );
      const more = Object.fromEntries([...watched].map(([node, name]) => [name, node]));
      return createProgram('calibrate', { ...outputs, ...more });
    },
    (results) => {
      for (const [name, { data }] of Object.entries(results)) {
        // Names of layers have dots; names of predictions have none.
        if (!name.includes('.')) continue;
        if (!data.every(Number.isFinite)) throw expected('calibration', `finite values of ${name}`, 'NaN or Infinity');
        histograms.set(name, counted(histograms.get(name) ?? emptyHistogram, data));
      }
    },
  );
  return {
    ...denoiser,
    quantization() {
      const ranges = (name: string): [number, number] => rangeOf(histograms.get(name) as Histogram, OUTSIDE);
      if (histograms.size === 0) throw expected('calibration', 'at least one picture to have been sampled', 'none');
      return {
        layers: Object.fromEntries(
          Object.entries(layers).map(([layer, { input, output }]) => [
            layer,
            { input: ranges(input), output: ranges(output) },
          ]),
        ),
      };
    },
  };
}
