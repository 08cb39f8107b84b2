/** The U-Net: names and shapes of its weights compared with the reference's, various sizes, and what it refuses. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeSafetensors } from '../checkpoint/safetensors.ts';
import { feed } from '../graph/build.ts';
import { evaluate } from '../graph/evaluate.ts';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import { constantParameters, initialWeights, recordParameters, stateParameters } from './parameters.ts';
import { timeEmbedding } from './time-embedding.ts';
import { type UnetOptions, unet } from './unet.ts';

type Form = 'one' | 'shared-encoder';

/** The shapes of the weights of a U-Net, by name, in the order of requests. */
function weightShapes(inChannels: number, options: UnetOptions, form: Form): Record<string, Shape> {
  const side = 2 ** (options.multipliers.length - 1);
  const specs = recordParameters((parameters) =>
    unet(feed('x', [1, inChannels, side, side]), feed('time', [1, options.dim]), options, form, parameters),
  );
  return Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, shape]));
}

const shared = process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const golden = join(shared, 'golden');
const files = existsSync(golden) ? readdirSync(golden).filter((name) => /^unet-.*\.safetensors$/.test(name)) : [];

describe('names and shapes of the weights', {
  skip: files.length > 0 ? false : `no unet-*.safetensors in ${golden}`,
}, () => {
  for (const file of files) {
    test(file, () => {
      const { tensors, metadata } = decodeSafetensors(readFileSync(join(golden, file)), file);
      const options = {
        dim: Number(metadata.dim),
        multipliers: JSON.parse(metadata.dim_mults) as number[],
        groups: Number(metadata.groups ?? 8),
        outChannels: tensors.output0.shape[1],
      };
      const wanted = Object.entries(tensors)
        .filter(([name]) => name.startsWith('param/'))
        .map(([name, { shape }]) => [name.slice('param/'.length), [...shape]] as const);
      const given = weightShapes(tensors.x.shape[1], options, metadata.outputs === '2' ? 'shared-encoder' : 'one');
      assert.deepEqual({ ...given }, Object.fromEntries(wanted));
    });
  }
});

interface Sizes {
  readonly batch: number;
  readonly inChannels: number;
  readonly height: number;
  readonly width: number;
  readonly options: UnetOptions;
  readonly form: Form;
}

/** The outputs of a freshly initialised U-Net for random images. */
function outputsOf({ batch, inChannels, height, width, options, form }: Sizes): Tensor[] {
  const images = [batch, inChannels, height, width];
  const build = (parameters: Parameters<typeof unet>[4]) =>
    unet(feed('x', images), feed('time', [batch, options.dim]), options, form, parameters);
  const weights = initialWeights(recordParameters(build), 1);
  return evaluate(build(constantParameters(weights)), {
    x: normalTensor(images, 1, ['unet test']),
    time: timeEmbedding(
      Array.from({ length: batch }, (_, i) => 7 * i),
      options.dim,
    ),
  });
}

describe('sizes', () => {
  const base: Sizes = {
    batch: 1,
    inChannels: 3,
    height: 4,
    width: 4,
    options: { dim: 8, multipliers: [1, 2], groups: 4, outChannels: 3 },
    form: 'one',
  };
  const cases: Readonly<Record<string, Sizes>> = {
    'two images': { ...base, batch: 2 },
    'grey with its input and a mask': { ...base, inChannels: 3, options: { ...base.options, outChannels: 1 } },
    'grey alone, two terms': { ...base, inChannels: 1, options: { ...base.options, outChannels: 2 } },
    'not square': { ...base, height: 2, width: 10 },
    'one level: any size': { ...base, height: 3, width: 5, options: { ...base.options, multipliers: [1] } },
    'one wider level': { ...base, height: 3, width: 1, options: { ...base.options, multipliers: [3] } },
    'three levels that shrink again': {
      ...base,
      height: 4,
      width: 8,
      options: { ...base.options, multipliers: [2, 3, 1] },
    },
    'one group': { ...base, options: { ...base.options, groups: 1 } },
    'two decoders': { ...base, form: 'shared-encoder' },
    'two decoders of one level': {
      ...base,
      height: 3,
      form: 'shared-encoder',
      options: { ...base.options, multipliers: [1] },
    },
  };
  for (const [name, sizes] of Object.entries(cases)) {
    test(name, () => {
      const outputs = outputsOf(sizes);
      assert.equal(outputs.length, sizes.form === 'one' ? 1 : 2);
      for (const { shape, data } of outputs) {
        assert.deepEqual(shape, [sizes.batch, sizes.options.outChannels, sizes.height, sizes.width]);
        assert.ok(data.every(Number.isFinite));
        assert.ok(data.some((value) => value !== data[0]));
      }
    });
  }

  test('images of a batch do not affect each other, and time reaches each', () => {
    const [two] = outputsOf({ ...base, batch: 2 });
    const [first] = outputsOf(base);
    const size = first.data.length;
    // The first image and its time are the same in both.
    assert.ok(first.data.every((value, i) => Math.abs(value - two.data[i]) < 1e-6));
    const build = (parameters: Parameters<typeof unet>[4]) =>
      unet(feed('x', [1, 3, 4, 4]), feed('time', [1, 8]), base.options, 'one', parameters);
    const weights = constantParameters(initialWeights(recordParameters(build), 1));
    const at = (time: number): Tensor =>
      evaluate(build(weights), { x: normalTensor([1, 3, 4, 4], 1, ['unet test']), time: timeEmbedding([time], 8) })[0];
    assert.ok(at(0).data.some((value, i) => Math.abs(value - at(500).data[i]) > 1e-3));
    assert.equal(size, 48);
  });
});

describe('bad input', () => {
  const options = { dim: 8, multipliers: [1, 2, 4], groups: 4, outChannels: 3 };
  const build = (image: Shape, time: Shape, more: Partial<UnetOptions> = {}) =>
    unet(feed('x', image), feed('time', time), { ...options, ...more }, 'one', stateParameters().parameters);

  test('sides that are not divisible', () => {
    const message = /^unet: expected a height and width divisible by 4, got 6x8; pad the image$/;
    assert.throws(() => build([1, 3, 6, 8], [1, 8]), { name: 'RddmError', message });
    assert.throws(() => build([1, 3, 8, 6], [1, 8]), { name: 'RddmError', message: /divisible by 4, got 8x6/ });
  });

  test('not an image', () => {
    const message = 'unet: expected images [N, C, H, W], got 3x8x8';
    assert.throws(() => build([3, 8, 8], [1, 8]), { name: 'RddmError', message });
  });

  test('a time embedding of another network or batch', () => {
    const message = 'unet: expected a time embedding of 2x8, got 2x16';
    assert.throws(() => build([2, 3, 8, 8], [2, 16]), { name: 'RddmError', message });
    assert.throws(() => build([2, 3, 8, 8], [1, 8]), { name: 'RddmError', message: /of 2x8, got 1x8/ });
  });

  test('groups that do not divide the channels', () => {
    const message = 'groupNorm: expected channels divisible by 3 groups, got 8';
    assert.throws(() => build([1, 3, 8, 8], [1, 8], { groups: 3 }), { name: 'RddmError', message });
  });
});
