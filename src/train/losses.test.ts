/**
 * Compares every loss with its formula in float64 and its gradient with differences, and tries it in a training step on
 * both providers.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { assertSlope, random } from '../../test/support/gradient-checks.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { feed } from '../graph/build.ts';
import { evaluateExactly } from '../graph/evaluate.ts';
import { gradient } from '../graph/gradient.ts';
import { normalTensor } from '../math/random.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { emit } from '../onnx/emit.ts';
import { trainConfigSchema } from './config.ts';
import { errorOf, type Loss, lossDescriptions, lossNames } from './losses.ts';
import { optimiserFeeds } from './optimiser.ts';
import { initialStates, stepPrograms } from './step.ts';

/** Two images of two channels, neither square nor of even sides. */
const shape = [2, 2, 3, 5];
const wanted = random('wanted', shape);
const given = random('given', shape);
const differences = Array.from(wanted.data, (value, i) => value - given.data[i]);

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The real and imaginary parts of each channel's transform, summed for each frequency. */
function fourierTransforms(images: readonly number[]): number[] {
  const [batch, channels, height, width] = shape;
  const values: number[] = [];
  for (let channel = 0; channel < batch * channels; channel++) {
    for (let u = 0; u < height; u++) {
      for (let v = 0; v < width; v++) {
        let [real, imaginary] = [0, 0];
        for (let h = 0; h < height; h++) {
          for (let w = 0; w < width; w++) {
            const angle = -2 * Math.PI * ((u * h) / height + (v * w) / width);
            const value = images[(channel * height + h) * width + w];
            real += value * Math.cos(angle);
            imaginary += value * Math.sin(angle);
          }
        }
        values.push(real, imaginary);
      }
    }
  }
  return values;
}

/** Each loss by its definition. */
const formulas: Readonly<Record<Loss, () => number>> = {
  l1: () => average(differences.map(Math.abs)),
  l2: () => average(differences.map((d) => d ** 2)),
  charbonnier: () => average(differences.map((d) => Math.sqrt(d ** 2 + 1e-6))),
  psnr: () => {
    const errors = [differences.slice(0, 30), differences.slice(30)].map((d) => average(d.map((x) => (x / 2) ** 2)));
    return average(errors.map((error) => 10 * Math.log10(error + 1e-8)));
  },
  'l1-fourier': () => average(differences.map(Math.abs)) + 0.1 * average(fourierTransforms(differences).map(Math.abs)),
};

const model = modelConfig({ unet: { dim: 4, multipliers: [1], groups: 2 } });
const optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 } as const;
const sizes = { batch: 2, height: 6, width: 5, accumulation: 1 } as const;

const cpu = openRuntime('cpu');
after(() => cpu.close());

for (const loss of lossNames) {
  describe(`the loss ${loss}`, () => {
    const error = errorOf(loss, feed('wanted', shape), feed('given', shape));

    test('matches its formula', () => {
      assert.deepEqual(error.shape, []);
      const [{ data }] = evaluateExactly([error], new Map(Object.entries({ wanted, given })));
      const value = formulas[loss]();
      // Constants of the graph are float32.
      assert.ok(Math.abs(data[0] - value) < 1e-6 * Math.abs(value), `${data[0]} and ${value}`);
    });

    test('has the gradient of its differences', () => assertSlope(error));

    test('trains on the CPU, and falls when one batch is repeated', async () => {
      const programs = stepPrograms(model, { ...optimiser, ...sizes, loss });
      const executable = await cpu.load(programs, initialStates(initialWeights(modelParameters(model), 1), 1));
      const batch = Object.entries(programs.step.feeds).map(([name, { shape: of }]) => [
        name,
        normalTensor(of, 1, [name]),
      ]);
      const values: number[] = [];
      for (let step = 1; step <= 5; step++) {
        const rates = optimiserFeeds(step, 1e-2, 0.5, optimiser);
        const results = await executable.run('step', { ...Object.fromEntries(batch), ...rates });
        values.push(results.loss.data[0]);
      }
      await executable.release();
      assert.ok(values.every(Number.isFinite) && values[4] < values[0], values.join(' '));
    });

    test('is emitted for WebGPU', () => {
      const { step } = stepPrograms(model, { ...optimiser, ...sizes, loss });
      assert.ok(emit(step, 'webgpu').length > 0);
    });
  });
}

test('the loss psnr is finite and flat where nothing is wrong, and is the PSNR of psnr() elsewhere', () => {
  const image = feed('image', [2, 3, 4, 5]);
  const other = feed('other', [2, 3, 4, 5]);
  const loss = errorOf('psnr', image, other);
  const values = random('image', [2, 3, 4, 5]);
  const of = (data: Float64Array) =>
    new Map([
      ['image', values],
      ['other', { shape: values.shape, data }],
    ]);
  const [equal, slope] = evaluateExactly([loss, ...gradient(loss, [other])], of(values.data));
  assert.ok(Math.abs(equal.data[0] + 80) < 1e-4, `${equal.data[0]}`);
  assert.ok(slope.data.every((value) => value === 0));
  // A difference of 0.02 everywhere in [-1, 1] is 0.01 of the peak: 40 dB.
  const [close] = evaluateExactly([loss], of(values.data.map((value) => value + 0.02)));
  assert.ok(Math.abs(close.data[0] + 40) < 1e-3, `${close.data[0]}`);
});

test('the schema of a training configuration takes every loss and describes it', () => {
  const { loss } = trainConfigSchema.shape;
  assert.deepEqual(
    lossNames.map((name) => loss.parse(name)),
    lossNames,
  );
  assert.equal(loss.parse(undefined), 'l1');
  assert.equal(loss.description, lossDescriptions);
});
