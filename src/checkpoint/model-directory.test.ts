import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RddmError } from '../math/errors.ts';
import { decodeHalf, encodeHalf } from '../math/half.ts';
import { tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { networkForms, tasks } from '../model/config-fields.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { decodeModel, encodeModel, type ModelFiles } from './model-directory.ts';

const config = modelConfig({ task: 'deraining', unet: { dim: 16, multipliers: [1, 2] }, training: { steps: 3 } });
const weights = initialWeights(modelParameters(config), 1);

test('a model survives writing and reading, in float32 bit for bit', () => {
  const input = fc.record({
    task: fc.constantFrom(...tasks),
    networks: fc.constantFrom(...networkForms),
    objective: fc.constant('residual-noise' as const),
    condition: fc.constant('none' as const),
    schedule: fc.record({ noiseStrength: fc.double({ min: 0.001, max: 1, noNaN: true }) }),
  });
  fc.assert(
    fc.property(input, fc.nat(), (wanted, seed) => {
      const complete = modelConfig({ ...wanted, unet: { dim: 8, multipliers: [1], groups: 4 } });
      const model = { config: complete, weights: initialWeights(modelParameters(complete), seed) };
      assert.deepEqual(decodeModel(encodeModel(model.config, model.weights), 'model'), model);
    }),
    { numRuns: 10 },
  );
});

test('float16 weights are read as the nearest halves', () => {
  const { weights: read } = decodeModel(encodeModel(config, weights, { dtype: 'float16' }), 'model');
  for (const [name, { data }] of Object.entries(weights)) {
    assert.deepEqual(read[name].data, decodeHalf(encodeHalf(data)), name);
  }
});

test('weights of another network are refused', () => {
  const { 'unet0.final_conv.bias': _, ...fewer } = weights;
  const files = encodeModel(config, { ...fewer, 'unet1.final_conv.bias': tensor([3], [0, 0, 0]) });
  const message =
    /dir\/weights.safetensors: .* 1 missing \(unet0.final_conv.bias\) and 1 left over \(unet1.final_conv.bias\)/;
  assert.throws(() => decodeModel(files, 'dir'), message);
  const wider = modelConfig({ ...config, unet: { dim: 32, multipliers: [1, 2] } });
  assert.throws(
    () =>
      decodeModel({ ...files, ...encodeModel(wider, {}), 'weights.safetensors': files['weights.safetensors'] }, 'dir'),
    /of another shape/,
  );
});

test('foreign and damaged files are refused with a sentence', () => {
  const files = encodeModel(config, weights);
  const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  const cases: [RegExp, Partial<ModelFiles>][] = [
    [/dir: expected a model directory with config.json and weights.safetensors, got none with config.json/, {}],
    [/none with weights.safetensors/, { 'config.json': files['config.json'] }],
    [/dir\/config.json: expected JSON/, { ...files, 'config.json': text('{"format":') }],
    [/dir\/config.json: expected JSON/, { ...files, 'config.json': Uint8Array.of(0x22, 0xff, 0x22) }],
    [/"format": "rddm-model", got none/, { ...files, 'config.json': text({ _class_name: 'UNet2DModel' }) }],
    [/"format": "rddm-model", got none/, { ...files, 'config.json': text('null') }],
    [/"version": 1, got 2/, { ...files, 'config.json': text({ ...config, version: 2 }) }],
    [/config.json: .*dimension/, { ...files, 'config.json': text({ ...config, dimension: 3 }) }],
    [
      /objective "residual-noise" with networks "two"/,
      { ...files, 'config.json': text({ ...config, networks: 'two' }) },
    ],
    [
      /dir\/weights.safetensors: expected/,
      { ...files, 'weights.safetensors': files['weights.safetensors'].slice(0, 90) },
    ],
    [/dir\/weights.safetensors: expected/, { ...files, 'weights.safetensors': text('weights') }],
  ];
  for (const [message, bad] of cases) {
    assert.throws(
      () => decodeModel(bad, 'dir'),
      (error) => error instanceof RddmError && message.test(error.message),
      String(message),
    );
  }
});
