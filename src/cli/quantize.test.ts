import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadModel, saveModel } from '../adapters/node/files/files.ts';
import { writeImage } from '../adapters/node/pictures/images.ts';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-quantize-'));
after(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: string[]): string => join(root, ...parts);

/** Runs the command line as a process. */
function rddm(...words: string[]) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return spawnSync(process.execPath, ['--import', 'tsx', main, ...words], { encoding: 'utf8' });
}

const unet = { dim: 8, multipliers: [1, 2], groups: 4 };
const rain = { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } };
const config = modelConfig({ task: 'deraining', unet, sampling: { steps: 1 }, training: { data: rain } });
const weights = initialWeights(modelParameters(config), 1);

/** A soft random picture. */
function picture(seed: number): Image {
  const random = createRandom(seed, ['quantize']);
  const slopes = Array.from({ length: 6 }, () => random.between(0, 4));
  const data = Uint8Array.from({ length: 40 * 32 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return (slopes[i % 3] * (pixel % 40) + slopes[3 + (i % 3)] * Math.floor(pixel / 40)) % 256;
  });
  return { width: 40, height: 32, channels: 3, data };
}

before(async () => {
  await saveModel(at('model'), config, weights, { dtype: 'float16' });
  for (const folder of ['photos', 'three', 'rainy']) mkdirSync(at(folder));
  for (let i = 0; i < 5; i++) await writeImage(at('photos', `${i}.png`), picture(i));
  for (let i = 0; i < 3; i++) await writeImage(at('three', `${i}.png`), picture(i));
  for (let i = 0; i < 5; i++) await writeImage(at('rainy', `${i}.png`), picture(i + 10));
});

const small = ['--squares', '2', '--size', '16'];
const quantize = (model: string, ...words: string[]) => rddm('quantize', at(model), ...small, ...words);

describe('rddm quantize', () => {
  test('writes a model that restores on the CPU and is marked as 8-bit', async () => {
    const { status, stdout, stderr } = quantize('model', '--clean', at('photos'), '--out', at('quick'));
    assert.equal(status, 0, stderr);
    assert.match(stdout, /float32 +\d+\.\d\d/);
    assert.match(stdout, /\d+ convolutions in 8 bits, ranges from 2 photographs\n.* times as fast, -?\d\.\d\d dB lost/);

    const quick = await loadModel(at('quick'));
    const { quantization, ...rest } = quick.config;
    assert.deepEqual(rest, config);
    assert.ok(quantization);
    // The weights are those of the file, in its number format.
    const bytes = (model: string) => readFileSync(at(model, 'weights.safetensors'));
    assert.deepEqual(bytes('quick'), bytes('model'));

    const restored = rddm('restore', at('photos', '0.png'), '--model', at('quick'), '--out', at('restored.png'));
    assert.equal(restored.status, 0, restored.stderr);
    assert.ok(existsSync(at('restored.png')));
    assert.match(rddm('info', at('quick')).stdout, /arithmetic +\d+ convolutions in 8 bits/);
    const onGpu = rddm('restore', at('photos', '0.png'), '--model', at('quick'), '--device', 'webgpu', '--force');
    assert.match(onGpu.stderr, /expected a device that multiplies 8-bit integers, got webgpu/);
    assert.equal(onGpu.status, 1);
  });

  test('with pairs, the same seed gives the same bytes, and JSON has the results', () => {
    const pairs = ['--input', at('rainy'), '--target', at('photos'), '--json'];
    const first = quantize('model', ...pairs, '--out', at('first'));
    assert.equal(first.status, 0, first.stderr);
    quantize('model', ...pairs, '--out', at('second'));
    const bytes = (model: string) => readFileSync(at(model, 'config.json'), 'utf8');
    assert.equal(bytes('first'), bytes('second'));
    const { format, layers, photographs, compared } = JSON.parse(first.stdout);
    assert.equal(format, 'rddm-quantization');
    assert.equal(layers, Object.keys(JSON.parse(bytes('first')).quantization.layers).length);
    assert.deepEqual(photographs, { seen: 2, compared: 1 });
    assert.ok(compared.float32.seconds > 0 && compared['8-bit'].psnr > 0);
  });

  test('a model that cannot be quantized is refused with a sentence, and nothing is written', async () => {
    const ranges = { layers: { 'unet0.ups.0.3.1': { input: [0, 1], output: [0, 1] } } } as const;
    await saveModel(at('done'), modelConfig({ ...config, quantization: structuredClone(ranges) as never }), weights);
    const { training: _, ...unsaid } = config;
    await saveModel(at('unsaid'), unsaid, weights);
    const out = ['--out', at('never')];
    const clean = ['--clean', at('photos')];
    const refusals: [string[], RegExp][] = [
      [['done', ...clean, ...out], /expected a model in float32, got an already quantized one/],
      [
        ['unsaid', ...clean, ...out],
        /that records its training degradation, got none; pass pairs as input and target \(--input\)/,
      ],
      [['model', ...out], /expected clean photographs, or input and target, got neither \(--clean\)/],
      [
        ['model', ...clean, '--input', at('rainy'), ...out],
        /expected input and target together, got only input \(--input\)/,
      ],
      [['model', '--clean', at('three'), ...out], /expected at least 4 photographs, .* got 3/],
      [['model', '--clean', at('nowhere'), ...out], /nowhere/],
      [
        ['model', ...clean, '--mask', at('photos'), ...out],
        /expected no masks, which this model does not use, got \S+ \(--mask\)/,
      ],
      [['model', ...clean, '--size', '17', ...out], /expected a size divisible by 2, got 17 \(--size\)/],
      [['model', ...clean, '--out', at('model'), '--force'], /expected an --out other than the model itself/],
      [['model', ...clean, '--out', at('done')], /add --force to replace it/],
    ];
    for (const [[model, ...words], sentence] of refusals) {
      const { status, stderr } = quantize(model, ...words);
      assert.match(stderr, sentence);
      assert.equal(status, 1, stderr);
      assert.doesNotMatch(stderr, /\n\s+at /, 'a stack trace');
    }
    assert.ok(!existsSync(at('never')));
    assert.deepEqual((await loadModel(at('model'))).config, config);
    const damaged = rddm('restore', at('photos', '1.png'), '--model', at('done'));
    assert.match(damaged.stderr, /expected ranges of the layer unet0\.[\w.]+, got none/);
  });
});
