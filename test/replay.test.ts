/**
 * Replay: a fixed set of programs is emitted again, and the bytes must hash to what replay.json holds. A change of structure
 * shows here that it changed nothing; a commit that changes a hash says why. `npm test -- test/replay` prints each
 * program whose bytes differ; `RDDM_REPLAY=write npm test -- test/replay` writes the new hashes.
 *
 * Weights are sixteenths, which every machine computes alike, so the bytes do not depend on the processor.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { splitProgram } from '../src/graph/elementwise.ts';
import { type Node, topologicalOrder } from '../src/graph/node.ts';
import { type Program, programNodes } from '../src/graph/program.ts';
import { recompute } from '../src/graph/recompute.ts';
import { simplify } from '../src/graph/simplify.ts';
import { elementCount } from '../src/math/shape.ts';
import type { Tensor } from '../src/math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../src/model/config.ts';
import type { Quantization } from '../src/model/config-fields.ts';
import { modelParameters, networkFeeds, networks } from '../src/model/networks.ts';
import { quantizableConvolutions } from '../src/model/quantized.ts';
import type { NetworkName } from '../src/networks/registry.ts';
import { networkOf } from '../src/networks/registry.ts';
import { constantParameters } from '../src/nn/parameters.ts';
import { emit } from '../src/onnx/emit.ts';
import { type Provider, providers } from '../src/onnx/lowering.ts';
import type { Precision } from '../src/onnx/precision.ts';
import { inferenceProgram } from '../src/sample/network-denoiser.ts';
import { trainConfig } from '../src/train/config.ts';
import { lossNames } from '../src/train/losses.ts';
import { phaseOf } from '../src/train/phase.ts';
import { stepPrograms } from '../src/train/step.ts';
import { compileKernel } from '../src/wasm/kernel.ts';

const file = new URL('./replay.json', import.meta.url);
const presets = new URL('../presets/', import.meta.url);
/** What a training step keeps of its forward pass here: little, so that recomputation is among what is replayed. */
const KEPT_BYTES = 2 ** 12;
const SIDE = 16;

const sixteenths = (shape: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => ((i % 31) - 15) / 16),
});

const weightsOf = (config: ModelConfig): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(modelParameters(config)).map(([name, { shape }]) => [name, sixteenths(shape)]));

const hashOf = (parts: Iterable<Uint8Array | string>): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
};

/** The bytes that a runtime loads for a program: its graph, and on the CPU the passes behind it. */
function replay(program: Program, provider: Provider, precision: Precision = 'float32'): string {
  const simple = simplify(program);
  const ready = Object.keys(program.states).length > 0 ? recompute(simple, KEPT_BYTES) : simple;
  if (provider === 'webgpu') return hashOf([emit(ready, provider, { precision })]);
  const { rest, passes } = splitProgram(ready);
  const called = passes.map(({ kernel, ...pass }) => [JSON.stringify(pass), compileKernel(kernel)]);
  return hashOf([...(rest ? [emit(rest, provider)] : []), ...called.flat()]);
}

/** Ranges for every convolution that 8 bits can have. */
function quantizationOf(config: ModelConfig): Quantization {
  const weights = weightsOf(config);
  const outputs = networks(config, networkFeeds(config, 1, SIDE, SIDE), constantParameters(weights));
  const layers = quantizableConvolutions(
    Object.values(outputs) as Node[],
    weights,
    networkOf(config.unet).keptExact,
  ).keys();
  return { layers: Object.fromEntries([...layers].map((layer) => [layer, { input: [-2, 3], output: [-40, 50] }])) };
}

/** A preset's configuration with a network and squares so small that everything is emitted in seconds. */
function shrunk(name: string, changes: { readonly objective?: 'automatic' } = {}) {
  const written = JSON.parse(readFileSync(new URL(`${name}.json`, presets), 'utf8'));
  const config = trainConfig({ ...written, ...changes });
  return trainConfig({
    ...config,
    model: {
      ...config.model,
      unet: { channels: config.model.unet.channels, dim: 8, multipliers: [1, 2], groups: 4 },
      sampling: { ...config.model.sampling, steps: 2 },
    },
    data: { ...config.data, crop: SIDE },
    steps: 2,
    batch: 2,
    accumulation: Math.min(2, config.accumulation),
    optimiser: { ...config.optimiser, warmup: 0 },
  });
}

/** Every kind of network; the compiler asks for a new one. Those of the presets are all of kind `rddm`. */
const kinds: Readonly<Record<NetworkName, ModelConfigInput>> = {
  rddm: {
    networks: 'shared-encoder',
    objective: 'residual-noise',
    unet: { dim: 8, multipliers: [1, 2], groups: 4 },
  },
  diffusers: {
    task: 'generation',
    condition: 'none',
    objective: 'noise',
    unet: {
      kind: 'diffusers',
      widths: [8, 16],
      layers: 1,
      down: ['plain', 'attention'],
      up: ['attention', 'plain'],
      groups: 4,
    },
  },
  local: { unet: { kind: 'local', blocks: 'gated', width: 8, encoder: [1], middle: 1, decoder: [1] } },
};
/** Those, and kinds with other parts. */
const forms: Readonly<Record<string, ModelConfigInput>> = {
  ...kinds,
  'local, plain': { unet: { kind: 'local', width: 8, encoder: [1], middle: 1, decoder: [1] } },
};
/** What the entry of `rddm` is: the form that no preset has. */
const titleOf = (name: string): string => (name === 'rddm' ? 'shared encoder' : name);

const small = { batch: 2, height: SIDE, width: SIDE, accumulation: 1 } as const;

/** Every program of the set, by what it is. */
function* programs(): Generator<[string, Program, Provider, Precision?]> {
  for (const name of readdirSync(presets)
    .map((path) => basename(path, '.json'))
    .sort()) {
    const config = shrunk(name);
    for (const provider of providers) {
      for (const [program, built] of Object.entries(phaseOf(config, undefined).programs()))
        yield [`${name} ${program} on ${provider}`, built, provider];
      const inference = inferenceProgram(config.model, weightsOf(config.model), [1, 3, SIDE, 2 * SIDE]);
      yield [`${name} inference on ${provider}`, inference, provider];
    }
  }
  const automatic = shrunk('low-light-small', { objective: 'automatic' });
  for (const [program, built] of Object.entries(phaseOf(automatic, undefined).programs()))
    yield [`automatic objective ${program} on cpu`, built, 'cpu'];
  for (const [name, input] of Object.entries(forms)) {
    const config = modelConfig(input);
    const title = titleOf(name);
    for (const provider of providers) {
      const inference = inferenceProgram(config, weightsOf(config), [1, 3, SIDE, SIDE]);
      yield [`${title} inference on ${provider}`, inference, provider];
      const steps = stepPrograms(config, { ...shrunk('derain').optimiser, ...small, loss: 'l2' });
      yield [`${title} step on ${provider}`, steps.step, provider];
    }
  }
  const { model: smallModel, optimiser } = shrunk('derain');
  for (const loss of lossNames) {
    for (const provider of providers) {
      const { step } = stepPrograms(smallModel, { ...optimiser, ...small, loss });
      yield [`derain step with ${loss} on ${provider}`, step, provider];
    }
  }
  for (const provider of providers) {
    const { step } = stepPrograms(smallModel, { ...optimiser, ...small, loss: 'l1', weightDecay: 0.01 });
    yield [`derain step with adamw on ${provider}`, step, provider];
  }
  const { model } = shrunk('derain');
  const inference = (config: ModelConfig) => inferenceProgram(config, weightsOf(config), [1, 3, SIDE, SIDE]);
  yield ['derain inference in float16 on webgpu', inference(model), 'webgpu', 'float16'];
  yield ['derain inference in 8 bits on cpu', inference({ ...model, quantization: quantizationOf(model) }), 'cpu'];
}

test('the programs of every preset are emitted as before, to the byte', () => {
  const hashes: Record<string, string> = {};
  const seen = new Set<string>();
  for (const [name, program, provider, precision] of programs()) {
    hashes[name] = replay(program, provider, precision);
    for (const node of topologicalOrder(programNodes(program))) seen.add(node.op);
  }
  const missing = (['conv2d', 'quantize', 'softmax', 'normalize'] as const).filter((op) => !seen.has(op));
  assert.deepEqual(missing, [], 'the set holds the ops that matter');
  if (process.env.RDDM_REPLAY === 'write') writeFileSync(file, `${JSON.stringify(hashes, null, 2)}\n`);
  assert.deepEqual(hashes, JSON.parse(readFileSync(file, 'utf8')));
});
