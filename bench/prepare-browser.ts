/** Writes the ONNX bytes and feeds of tasks that both a browser and Node run, and counts their work. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '../src/adapters/node/files/files.ts';
import { encodeSafetensors } from '../src/checkpoint/safetensors.ts';
import { constant, feed, matmul, state } from '../src/graph/build.ts';
import type { Node } from '../src/graph/node.ts';
import { createProgram, type Program } from '../src/graph/program.ts';
import { normalTensor } from '../src/math/random.ts';
import type { TensorMap } from '../src/math/tensor.ts';
import { type ModelConfig, modelConfig } from '../src/model/config.ts';
import { countNetwork } from '../src/nn/count.ts';
import { emit } from '../src/onnx/emit.ts';
import { inferenceProgram } from '../src/sample/network-denoiser.ts';
import { convolutionLayers, convolutionStack, convolutionWeights } from './convolutions.ts';
import { feedsOf, modelMultiplyAdds, weightsOf } from './prepare-network.ts';
import type { BrowserTask, ConvolutionsTask } from './task.ts';

/** A browser task, and the work of one run. */
export interface BrowserWork {
  readonly multiplyAdds: () => number;
  /** Writes the files it needs into a folder. */
  readonly prepare: (folder: string) => Promise<BrowserTask | ConvolutionsTask>;
}

const SEED = 1;
const shipped = fileURLToPath(new URL('../models/derain', import.meta.url));

async function write(program: Program, feeds: TensorMap, folder: string): Promise<BrowserTask> {
  const [model, fed] = [join(folder, 'model.onnx'), join(folder, 'feeds.safetensors')];
  await writeFile(model, emit(program, 'cpu'));
  await writeFile(fed, encodeSafetensors(feeds));
  return { kind: 'browser', model, feeds: fed };
}

async function writeNetwork(model: ModelConfig, weights: TensorMap, size: number, folder: string) {
  const program = inferenceProgram(model, weights, [1, model.unet.channels, size, size]);
  return write(program, feedsOf(model, { kind: 'inference', batch: 1, size }), folder);
}

/** One step of a network with seeded weights on a square image. */
export const networkInBrowser = (model: ModelConfig, size: number): BrowserWork => ({
  multiplyAdds: () => modelMultiplyAdds(model, 1, size),
  prepare: (folder) => writeNetwork(model, weightsOf(model), size, folder),
});

/** One step of the model that the package ships. */
export const shippedInBrowser = (size: number): BrowserWork => ({
  multiplyAdds() {
    const written = JSON.parse(readFileSync(join(shipped, 'config.json'), 'utf8')) as unknown;
    return modelMultiplyAdds(modelConfig(written as Parameters<typeof modelConfig>[0]), 1, size);
  },
  async prepare(folder) {
    const { config, weights } = await loadModel(shipped);
    return writeNetwork(config, weights, size, folder);
  },
});

/** Products of float32 matrices, one after the other: a browser's ceiling. */
export const productsInBrowser = (size: number, times: number): BrowserWork => ({
  multiplyAdds: () => times * size ** 3,
  prepare(folder) {
    const shape = [size, size];
    const { data } = normalTensor(shape, SEED, ['right']);
    const right = constant({ shape, data: data.map((value) => value / Math.sqrt(size)) });
    let y: Node = feed('x', shape);
    for (let i = 0; i < times; i++) y = matmul(y, right);
    return write(createProgram('products', { y }), { x: normalTensor(shape, SEED, ['left']) }, folder);
  },
});

/** The convolutions of a network's encoder, on a square image. */
export function convolutionsInBrowser(model: ModelConfig, size: number): BrowserWork {
  const layers = convolutionLayers(model);
  const shape = [1, layers[0].shape[1], size, size];
  return {
    multiplyAdds: () => countNetwork([convolutionStack(feed('x', shape), layers, state)]).multiplyAdds,
    async prepare(folder) {
      const weights = convolutionWeights(layers, SEED);
      const y = convolutionStack(feed('x', shape), layers, (name) => constant(weights[name]));
      const task = await write(createProgram('convolutions', { y }), { x: normalTensor(shape, SEED, ['x']) }, folder);
      const path = join(folder, 'weights.safetensors');
      await writeFile(path, encodeSafetensors(weights));
      return { ...task, kind: 'convolutions', layers, weights: path };
    },
  };
}
