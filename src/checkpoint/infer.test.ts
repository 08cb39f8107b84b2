import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { RddmError } from '../math/errors.ts';
import { filled, type TensorMap } from '../math/tensor.ts';
import type { ModelConfigInput } from '../model/config.ts';
import { inferModelConfig } from './infer.ts';
import { toFloat32 } from './raw-tensor.ts';
import { decodeSafetensors } from './safetensors.ts';

const golden = join(process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'golden');
const skip = existsSync(golden) ? false : `no golden values at ${golden}`;

interface Net {
  readonly prefix?: string;
  readonly dim?: number;
  readonly multipliers?: readonly number[];
  readonly inputs?: number;
  readonly outputs?: number;
  readonly final?: string;
}

/** The weights that reveal a U-Net's structure. */
function unet({
  prefix = 'unet0.',
  dim = 16,
  multipliers = [1, 2],
  inputs = 6,
  outputs = 3,
  final = 'final_conv',
}: Net): TensorMap {
  const widths = [dim, ...multipliers.map((multiplier) => dim * multiplier)];
  const downs = multipliers.map((_, level) => {
    const kernel = level === multipliers.length - 1 ? 3 : 4;
    return [`${prefix}downs.${level}.3.weight`, filled([widths[level + 1], widths[level], kernel, kernel], 0)] as const;
  });
  return {
    [`${prefix}init_conv.weight`]: filled([dim, inputs, 7, 7], 0),
    ...Object.fromEntries(downs),
    [`${prefix}${final}.weight`]: filled([outputs, dim, 1, 1], 0),
  };
}

test('the golden networks are recognised', { skip }, () => {
  const cases: [string, object][] = [
    ['unet-one-network', { networks: 'one', condition: 'input', objective: 'residual' }],
    ['unet-unconditional', { networks: 'one', condition: 'none', objective: 'residual' }],
    ['unet-mask-condition', { networks: 'one', condition: 'input-and-mask', objective: 'residual' }],
    ['unet-six-channel-output', { networks: 'one', condition: 'input', objective: 'residual-noise' }],
    ['unet-shared-encoder', { networks: 'shared-encoder', condition: 'input', objective: 'residual-noise' }],
    ['train-two-net', { networks: 'two', condition: 'input', objective: 'residual-noise' }],
  ];
  for (const [file, wanted] of cases) {
    const { tensors } = decodeSafetensors(readFileSync(join(golden, `${file}.safetensors`)), file);
    const named = Object.entries(tensors).filter(([name]) => /^(param|final)\//.test(name));
    const weights = Object.fromEntries(named.map(([name, raw]) => [name.replace(/^\w+\//, ''), toFloat32(raw)]));
    const { networks, condition, objective, unet: structure } = inferModelConfig(weights);
    assert.deepEqual({ networks, condition, objective }, wanted, file);
    assert.deepEqual(structure, { dim: 16, multipliers: [1, 2], groups: 8, channels: 3 }, file);
  }
});

test('any structure can be read back from its weights', () => {
  const structure = fc.record({
    prefix: fc.constantFrom('unet0.', ''),
    dim: fc.integer({ min: 1, max: 4 }).map((n) => 8 * n),
    multipliers: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    channels: fc.constantFrom(1 as const, 3 as const),
    condition: fc.constantFrom('none' as const, 'input' as const, 'input-and-mask' as const),
    objective: fc.constantFrom('residual' as const, 'noise' as const, 'residual-noise' as const),
  });
  fc.assert(
    fc.property(structure, ({ prefix, dim, multipliers, channels, condition, objective }) => {
      const inputs = channels * { none: 1, input: 2, 'input-and-mask': 3 }[condition];
      const outputs = channels * (objective === 'residual-noise' ? 2 : 1);
      const config = inferModelConfig(unet({ prefix, dim, multipliers, inputs, outputs }), { objective });
      assert.deepEqual(config.unet, { dim, multipliers, channels, groups: 8 });
      assert.deepEqual([config.networks, config.condition, config.objective], ['one', condition, objective]);
    }),
    { numRuns: 50 },
  );
});

test('hints supply what no weight shows', () => {
  const hints: ModelConfigInput = {
    task: 'deblurring',
    objective: 'noise',
    unet: { groups: 4 },
    schedule: { noiseStrength: 0.01 },
    sampling: { steps: 2 },
  };
  const config = inferModelConfig(unet({}), hints);
  assert.equal(config.objective, 'noise');
  assert.deepEqual(config.unet, { dim: 16, multipliers: [1, 2], groups: 4, channels: 3 });
  assert.equal(config.schedule.noiseStrength, 0.01);
  assert.equal(config.sampling.steps, 2);
  assert.equal(inferModelConfig(unet({ inputs: 3 }), { task: 'generation' }).objective, 'noise');
});

test('hints that contradict the weights are refused', () => {
  const cases: [RegExp, ModelConfigInput][] = [
    [/file: expected weights of networks "two", got weights of networks "one"/, { networks: 'two' }],
    [/condition "none", got weights of condition "input"/, { condition: 'none' }],
    [/unet.dim 64, got weights of unet.dim 16/, { unet: { dim: 64 } }],
    [/unet.multipliers \[1,2,4,8\], got weights of unet.multipliers \[1,2\]/, { unet: { multipliers: [1, 2, 4, 8] } }],
    [/unet.channels 1, got weights of unet.channels 3/, { unet: { channels: 1 } }],
    [/6 outputs for objective "residual-noise", got 3/, { objective: 'residual-noise' }],
    [/condition "none" for generation/, { task: 'generation' }],
  ];
  for (const [message, hints] of cases) {
    assert.throws(
      () => inferModelConfig(unet({}), hints, 'file'),
      (error) => error instanceof RddmError && message.test(error.message),
      String(message),
    );
  }
  assert.throws(
    () => inferModelConfig(unet({ outputs: 6 }), { objective: 'noise' }),
    /objective "noise", got weights of objective "residual-noise"/,
  );
});

test('weights of other networks are refused with a sentence', () => {
  const cases: [RegExp, TensorMap][] = [
    [/file: expected a weight init_conv.weight or intro.weight, got none of that name; these are not the weights/, {}],
    [/a weight init_conv.weight/, { 'conv_in.weight': filled([16, 3, 3, 3], 0) }],
    [/init_conv.weight with a kernel of 7/, { 'init_conv.weight': filled([16, 3, 3, 3], 0) }],
    [/a weight unet0.downs.0.3.weight/, { 'unet0.init_conv.weight': filled([16, 3, 7, 7], 0) }],
    [/input channels \(picture, input, mask\), got 5/, unet({ inputs: 5 })],
    [/output channels, got 4/, unet({ outputs: 4 })],
    [/output channels, got 6/, { ...unet({ outputs: 6 }), ...unet({ outputs: 6, prefix: 'unet1.' }) }],
    [/weights of unet1 .*"dim":32/, { ...unet({}), ...unet({ dim: 32, prefix: 'unet1.' }) }],
    [/a weight unet1.downs.0.3.weight/, { ...unet({}), 'unet1.init_conv.weight': filled([16, 6, 7, 7], 0) }],
    [/from 16 channels to a multiple of 16, got from 16 to 24/, unet({ multipliers: [1.5] })],
    [/dim divisible by groups 8|divisible by groups 8/, unet({ dim: 4 })],
  ];
  for (const [message, weights] of cases) {
    assert.throws(
      () => inferModelConfig(weights, {}, 'file'),
      (error) => error instanceof RddmError && message.test(error.message),
      String(message),
    );
  }
});
