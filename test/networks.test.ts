/**
 * Every kind of network on the ordinary path: trained, resumed, opened and used to restore; and what it computes in each
 * form, whatever it sees.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openModel } from '../src/adapters/node/files/open-model.ts';
import { inferModelConfig } from '../src/checkpoint/infer.ts';
import { normalTensor } from '../src/math/random.ts';
import { elementCount } from '../src/math/shape.ts';
import type { TensorMap } from '../src/math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { kindOf, type NetworkConfigInput, type NetworkName, networkOf } from '../src/networks/registry.ts';
import { stateParameters } from '../src/nn/parameters.ts';
import { emit } from '../src/onnx/emit.ts';
import { providers } from '../src/onnx/lowering.ts';
import { createNetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { restoreImage } from '../src/sample/restore.ts';
import { lossOf, stepPrograms } from '../src/train/step.ts';
import { assertSlope, exactly } from './support/gradient-checks.ts';
import { configOf, fresh, picture, run, runtime, stopAt } from './support/training-runs.ts';

/** The smallest network of each kind that has all its parts. */
const small: Readonly<Record<NetworkName, NetworkConfigInput>> = {
  rddm: { dim: 4, multipliers: [1, 2], groups: 2 },
  diffusers: {
    kind: 'diffusers',
    widths: [4, 8],
    layers: 1,
    down: ['plain', 'attention'],
    up: ['attention', 'plain'],
    groups: 2,
  },
  local: { kind: 'local', width: 4, encoder: [1], middle: 1, decoder: [1] },
};

/** Those, and kinds with other parts. */
const forms: Readonly<Record<string, NetworkConfigInput>> = {
  ...small,
  'local, gated': { kind: 'local', blocks: 'gated', width: 4, encoder: [1], middle: 1, decoder: [1] },
};

/** What networks are asked for, beside their settings. */
const both = { objective: 'residual-noise' } as const;
const wholes: Readonly<Record<string, ModelConfigInput & { readonly unet?: { readonly channels: 1 } }>> = {
  'one that predicts the residual and sees the input': {},
  'one that predicts both in grey and sees no input': { ...both, condition: 'none', unet: { channels: 1 } },
  'two that see input and mask': { ...both, networks: 'two', condition: 'input-and-mask' },
  'one encoder with two decoders': { ...both, networks: 'shared-encoder' },
};

/** Weights of a variance that keeps values as they are, also those that training starts at 0. */
const weightsOf = (config: ModelConfig): TensorMap =>
  Object.fromEntries(
    Object.entries(modelParameters(config)).map(([name, { shape }]) => {
      const { data } = normalTensor(shape, 1, [name]);
      const fanIn = shape.length > 1 ? elementCount(shape.slice(1)) : 4;
      return [name, { shape, data: data.map((value) => value / Math.sqrt(fanIn)) }];
    }),
  );

const sizes = { batch: 1, height: 4, width: 4, accumulation: 1 } as const;
const optimiser = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 } as const;

for (const [name, unet] of Object.entries(forms)) {
  describe(`a network of kind ${name}`, () => {
    test('trains, goes on where it stopped, and restores a picture', async () => {
      const config = configOf({ model: { unet, sampling: { steps: 2 } }, steps: 3 });
      const directory = fresh(name);
      assert.equal((await run(config, directory, 'new', stopAt(1))).at(-1), 'stopped 1');
      assert.equal((await run(config, directory, 'resume')).at(-1), 'finished 3');
      const model = await openModel(join(directory, 'model'));
      assert.deepEqual(model.config.unet, config.model.unet);
      const denoiser = createNetworkDenoiser(runtime, model.config, model.weights);
      const events = [];
      for await (const event of restoreImage(denoiser, picture(1))) events.push(event);
      await denoiser.release();
      const last = events.at(-1);
      assert.ok(last && 'image' in last);
      assert.deepEqual([last.image.width, last.image.height, last.image.channels], [24, 20, 3]);
    });

    for (const [form, fields] of Object.entries(wholes)) {
      const complete = { ...fields, unet: { ...unet, ...fields.unet } as NetworkConfigInput };
      if (fields.networks === 'shared-encoder' && !networkOf(modelConfig({ unet }).unet).buildSharedEncoder) {
        test(`has no ${form}`, () => {
          const message = new RegExp(`networks "one" or "two" with a unet of kind "${unet.kind ?? 'rddm'}"`);
          assert.throws(() => modelConfig(complete), { name: 'RddmError', message });
        });
        continue;
      }
      const config = modelConfig(complete);

      test(`${form}: has the gradient of its differences, and is emitted for every provider`, () => {
        const loss = lossOf(config, { ...sizes, loss: 'l2' }, stateParameters().parameters).loss;
        assertSlope(loss, exactly(weightsOf(config)));
        const { step } = stepPrograms(config, { ...sizes, ...optimiser, loss: 'l2' });
        for (const provider of providers) assert.ok(emit(step, provider).length > 0);
      });

      if (!kindOf(config.unet).reader) continue;
      test(`${form}: is read off its weights`, () => {
        const { unseen = [] } = kindOf(config.unet).reader ?? {};
        const hints = Object.entries(unet).filter(([setting]) => unseen.includes(setting));
        const hinted = { unet: Object.fromEntries(hints) } as ModelConfigInput;
        assert.deepEqual(inferModelConfig(weightsOf(config), hinted), config);
      });
    }
  });
}
