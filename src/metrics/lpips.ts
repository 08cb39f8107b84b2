/** LPIPS of two pictures, on a runtime. The network is in nn/lpips.ts; the caller provides the published weights. */
import { type Image, imageToTensor } from '../data/image.ts';
import { feed } from '../graph/build.ts';
import { createProgram } from '../graph/program.ts';
import type { TensorMap } from '../math/tensor.ts';
import { lpips } from '../nn/lpips.ts';
import { constantParameters } from '../nn/parameters.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { latestExecutable } from './latest-executable.ts';
import { coloured } from './picture-batch.ts';
import { requireSameSize } from './plane.ts';

/** Measures pairs of pictures; release it when done. */
export interface LpipsMeter {
  /**
   * LPIPS 0.1 (AlexNet): 0 for equal pictures, larger for less alike ones.
   *
   * @throws RddmError if sizes differ, or a side is shorter than 31
   */
  distance(image: Image, reference: Image): Promise<number>;
  /** Frees what the network holds. */
  release(): Promise<void>;
}

/**
 * Opens LPIPS on a runtime. The result is LPIPS only with the published weights, which `openLpipsWeights` of rddm/node
 * finds.
 *
 * @param weights `features.N.weight` and `.bias` of torchvision's AlexNet, and heads `lin0` … `lin4` [1, C, 1, 1]
 *
 * @example
 * ```ts
 * import { createLpips } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const meter = createLpips(createReferenceRuntime(), {});
 * const small = { width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64) };
 * await assert.rejects(meter.distance(small, small), /at least 31x31/);
 * ```
 */
export function createLpips(runtime: Runtime, weights: TensorMap): LpipsMeter {
  const parameters = constantParameters(weights);
  const programs = latestExecutable(runtime, (shape) => ({
    lpips: createProgram('lpips', {
      distance: lpips(feed('first', shape), feed('second', shape), parameters).distance,
    }),
  }));
  return {
    async distance(image, reference) {
      requireSameSize('lpips', image, reference);
      const [first, second] = [imageToTensor(coloured(image)), imageToTensor(coloured(reference))];
      const executable = await programs.of(first.shape);
      const { distance } = await executable.run('lpips', { first, second });
      return distance.data[0];
    },
    release: programs.release,
  };
}
