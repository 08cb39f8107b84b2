import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RddmError } from '../math/errors.ts';
import { type TrainConfigInput, trainConfig } from './config.ts';
import { lossNames } from './losses.ts';

/** What a user must write, and nothing else. */
const least = { data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } } } satisfies TrainConfigInput;
/** The names of all losses as a refusal lists them. */
const anyLoss = lossNames
  .map((name) => `"${name}"`)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' or ');
const folders = { kind: 'folders', input: 'rainy', target: 'clean' };

test('the defaults are the paper’s and its code’s: Table 4, restoration', () => {
  const { steps, batch, accumulation, loss, optimiser, average, seed } = trainConfig(least);
  assert.deepEqual(
    { steps, batch, accumulation, loss, seed },
    { steps: 80_000, batch: 1, accumulation: 2, loss: 'l1', seed: 0 },
  );
  assert.deepEqual(optimiser, {
    kind: 'adam',
    learningRate: 8e-5,
    decay: 'constant',
    floor: 0,
    warmup: 0,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    clipNorm: 1,
  });
  assert.deepEqual(average, { decay: 0.995, every: 10, warmup: 100, ramp: 0 });
});

test('completing a complete configuration changes nothing', () => {
  const config = trainConfig(least);
  assert.deepEqual(trainConfig(JSON.parse(JSON.stringify(config))), config);
});

describe('refusals', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['null', null, 'expected an object, got null'],
    ['a list', [1], 'expected an object, got [1]'],
    ['a number', 7, 'expected an object, got 7'],
    ['no data', {}, '"data": expected an object, got nothing'],
    [
      'an unknown key',
      { ...least, lerning: 1 },
      'expected only the keys model, data, objective, selection, steps, batch, growth, accumulation, loss, losses, times, optimiser, average, seed, logEvery, ' +
        'checkpointEvery, sampleEvery, init, earlier, validation, workers, device, got "lerning": correct or remove it',
    ],
    [
      'an unknown key further in',
      { ...least, average: { rate: 1, warm: 2 } },
      '"average": expected only the keys decay, every, warmup, ramp, got "rate", "warm": correct or remove them',
    ],
    [
      'a key of another kind of data',
      { data: { kind: 'images', folder: 'a', clean: 'b' }, model: { task: 'generation', condition: 'none' } },
      '"data": expected only the keys kind, folder, exclude, crop, scale, flips, candidates, got "clean": correct or remove it',
    ],
    [
      'another kind of data',
      { data: { kind: 'zip' } },
      '"data.kind": expected "folders", "flist", "degraded", "masked", "unpaired" or "images", got "zip"',
    ],
    [
      'a number or a word',
      { ...least, optimiser: { clipNorm: 'off' } },
      '"optimiser.clipNorm": expected a number or "none", got "off"',
    ],
    [
      'no number',
      { ...least, optimiser: { learningRate: Number.NaN } },
      '"optimiser.learningRate": expected a number, got NaN',
    ],
    ['a list for a text', { data: { ...least.data, clean: ['a'] } }, '"data.clean": expected a text, got ["a"]'],
    [
      'no levels',
      { ...least, model: { unet: { multipliers: [] } } },
      '"model.unet.multipliers": expected a list of at least 1 entries, got []',
    ],
    ['half a step', { ...least, steps: 1.5 }, '"steps": expected a whole number, got 1.5'],
    ['steps in words', { ...least, steps: '5' }, '"steps": expected a number, got "5"'],
    ['no batch', { ...least, batch: 0 }, '"batch": expected a number of at least 1, got 0'],
    ['no accumulation', { ...least, accumulation: 0 }, '"accumulation": expected a number of at least 1, got 0'],
    ['another loss', { ...least, loss: 'l3' }, `"loss": expected ${anyLoss}, got "l3"`],
    ['half a seed', { ...least, seed: 0.5 }, '"seed": expected a whole number, got 0.5'],
    ['no log', { ...least, logEvery: 0 }, '"logEvery": expected a number of at least 1, got 0'],
    [
      'grids before the start',
      { ...least, sampleEvery: -500 },
      '"sampleEvery": expected a number of at least 0, got -500',
    ],
    ['no workers', { ...least, workers: 0 }, '"workers": expected a number of at least 1, got 0'],
    [
      'a rate of 0',
      { ...least, optimiser: { learningRate: 0 } },
      '"optimiser.learningRate": expected a number above 0, got 0',
    ],
    [
      'another decay',
      { ...least, optimiser: { decay: 'linear' } },
      '"optimiser.decay": expected "constant" or "cosine", got "linear"',
    ],
    ['beta1 of 1', { ...least, optimiser: { beta1: 1 } }, '"optimiser.beta1": expected a number below 1, got 1'],
    [
      'beta2 below 0',
      { ...least, optimiser: { beta2: -1 } },
      '"optimiser.beta2": expected a number of at least 0, got -1',
    ],
    ['epsilon 0', { ...least, optimiser: { epsilon: 0 } }, '"optimiser.epsilon": expected a number above 0, got 0'],
    ['a norm of 0', { ...least, optimiser: { clipNorm: 0 } }, '"optimiser.clipNorm": expected a number above 0, got 0'],
    [
      'a warmup that never ends',
      { ...least, steps: 5, optimiser: { warmup: 5 } },
      '"optimiser.warmup": expected a warmup shorter than the 5 steps, got 5',
    ],
    [
      'an average of more than all',
      { ...least, average: { decay: 2 } },
      '"average.decay": expected a number of at most 1, got 2',
    ],
    [
      'an average that rests',
      { ...least, average: { every: 0 } },
      '"average.every": expected a number of at least 1, got 0',
    ],
    [
      'grids without checkpoints',
      { ...least, sampleEvery: 750 },
      '"sampleEvery": expected a multiple of checkpointEvery (500), got 750',
    ],
    [
      'a crop that the levels cannot halve',
      { ...least, data: { ...least.data, crop: 12 } },
      '"data.crop": expected a crop divisible by 8, as 4 levels need, got 12',
    ],
    [
      'no square to choose from',
      { ...least, data: { ...least.data, candidates: 0 } },
      '"data.candidates": expected a number of at least 1, got 0',
    ],
    [
      'generation from pairs',
      { data: folders, model: { task: 'generation', condition: 'none' } },
      '"data.kind": expected data of kind "images" for generation, which has no input, got "folders"',
    ],
    [
      'restoration without an input',
      { data: { kind: 'images', folder: 'faces' } },
      '"data.kind": expected data with an input for restoration (folders, flist, degraded, masked or unpaired), got "images"',
    ],
    [
      'a mask that the network needs and the data lacks',
      { data: folders, model: { condition: 'input-and-mask' } },
      '"data.mask": expected data with masks for condition "input-and-mask", got none',
    ],
    [
      'a mask that the network does not use',
      { data: { ...folders, mask: 'masks' } },
      '"data.mask": expected condition "input-and-mask" with masks, which nothing else uses, got "input"',
    ],
    [
      'a quantized model',
      { ...least, model: { quantization: { layers: {} } } },
      '"model.quantization": expected a model in float32, got one with ranges of 8-bit arithmetic: leave them out',
    ],
    [
      'an automatic objective of two networks',
      { ...least, objective: 'automatic', model: { networks: 'two', objective: 'residual-noise' } },
      '"model.networks": expected networks "one" with objective "automatic", got "two"; ' +
        '"model.objective": expected no objective of the model with objective "automatic", got "residual-noise"',
    ],
    [
      'an automatic objective without noise',
      { ...least, objective: 'automatic', model: { sampling: { noiseStrength: 0 } } },
      '"model.sampling": expected a noise strength above 0 if only the noise is predicted or used, got 0 ' +
        '(objective "automatic" may choose the noise)',
    ],
    [
      'an automatic objective on a path where noise implies no residual',
      { ...least, objective: 'automatic', model: { sampling: { path: 'noise-first' } } },
      '"model.sampling": expected a path that keeps noise in the image while the whole residual is there, for a network ' +
        'that predicts noise, got a point [1, 0]; remove the residual first (objective "automatic" may choose the noise)',
    ],
    [
      'an automatic objective that would divide by no noise',
      {
        ...least,
        objective: 'automatic',
        model: { schedule: { beta: { course: 'increasing', exponent: 1, form: 'linspace' } } },
      },
      '"model.schedule": expected a schedule with noise at its first time with objective "automatic", which divides by ' +
        'betaBar, got betaBar 0; take another course of beta, a smaller exponent or more noise',
    ],
    [
      'an automatic objective that would divide by the square of what float32 holds',
      { ...least, objective: 'automatic', model: { schedule: { timesteps: 10, beta: 40 } } },
      '"model.schedule": expected a schedule with noise at its first time with objective "automatic", which divides by ' +
        'betaBar, got betaBar 9.9e-21; take another course of beta, a smaller exponent or more noise',
    ],
    [
      'an automatic objective of a model that is impossible with either',
      { ...least, objective: 'automatic', model: { sampling: { steps: 2000 } } },
      '"model.sampling": expected 1 to 1000 steps, at most one per timestep, got 2000',
    ],
    [
      'a λ that never decides',
      { ...least, selection: { threshold: 0.5 } },
      '"selection.threshold": expected a number below 0.5, got 0.5',
    ],
    [
      'separate losses of one network',
      { ...least, losses: 'separate' },
      '"losses": expected model.networks "two" with losses "separate", an optimiser each, got "one"',
    ],
    ['no stages', { ...least, growth: [] }, '"growth": expected a list of at least 1 entries, got []'],
    [
      'a stage without a size',
      { ...least, growth: [{ from: 0.5, crop: 64 }] },
      '"growth.0.batch": expected a number, got nothing',
    ],
    [
      'a stage that the levels cannot halve',
      { ...least, growth: [{ from: 0.5, crop: 100, batch: 1 }] },
      '"growth.0.crop": expected a crop divisible by 8, as the network needs, got 100',
    ],
    [
      'stages that go back',
      {
        ...least,
        growth: [
          { from: 0.5, crop: 96, batch: 1 },
          { from: 0.25, crop: 128, batch: 1 },
        ],
      },
      '"growth.1.from": expected stages one after another, each with a step of the 80000, got one after step 20000',
    ],
    [
      'a stage without a step',
      { ...least, steps: 3, growth: [{ from: 0.9, crop: 96, batch: 1 }] },
      '"growth.0.from": expected stages one after another, each with a step of the 3, got one after step 3',
    ],
    [
      'growth while an objective is chosen',
      { ...least, objective: 'automatic', growth: [{ from: 0.5, crop: 96, batch: 1 }] },
      '"growth": expected objective "model" with growth, got "automatic"',
    ],
    ['other times', { ...least, times: 'last' }, '"times": expected "all" or "sampled", got "last"'],
    [
      'sampled times off the schedule',
      { ...least, times: 'sampled', model: { sampling: { path: 'residual-first' } } },
      '"model.sampling": expected path "together", since another has no times of training, got "residual-first" ' +
        '(times "sampled")',
    ],
    [
      'sampled times at other coefficients',
      { ...least, times: 'sampled', model: { sampling: { adjust: { mode: 'beta' } } } },
      '"model.sampling": expected no readjusted coefficients, which training has at other times, got mode "beta" ' +
        '(times "sampled")',
    ],
    [
      'sampled times to choose an objective',
      { ...least, times: 'sampled', objective: 'automatic' },
      '"times": expected times "all" with objective "automatic", whose choice needs every time, got "sampled"',
    ],
    [
      'another optimiser',
      { ...least, optimiser: { kind: 'sgd' } },
      '"optimiser.kind": expected "adam", "radam" or "adamw", got "sgd"',
    ],
    [
      'a decay that Adam does not have',
      { ...least, optimiser: { weightDecay: 0.01 } },
      '"optimiser.weightDecay": expected optimiser.kind "adamw" with a weightDecay, got "adam"',
    ],
    [
      'weights that grow',
      { ...least, optimiser: { kind: 'adamw', weightDecay: -1 } },
      '"optimiser.weightDecay": expected a number of at least 0, got -1',
    ],
    [
      'a floor of a constant rate',
      { ...least, optimiser: { floor: 1e-6 } },
      '"optimiser.floor": expected decay "cosine" with a floor, where it ends, got "constant"',
    ],
    [
      'a floor above the ceiling',
      { ...least, optimiser: { decay: 'cosine', learningRate: 0.001, floor: 0.01 } },
      '"optimiser.floor": expected a floor of at most the learningRate 0.001, got 0.01',
    ],
    [
      'an impossible model',
      { ...least, model: { networks: 'two' } },
      '"model.objective": expected objective "residual-noise" with networks "two", got "residual"',
    ],
    [
      'impossible data',
      { data: { ...folders, input: 'clean' } },
      '"data.target": expected clean pictures other than the input, got "clean" for both: there would be nothing to learn',
    ],
    [
      'two things at once',
      { ...least, batch: 0, loss: 'l3' },
      `"batch": expected a number of at least 1, got 0; "loss": expected ${anyLoss}, got "l3"`,
    ],
  ];
  for (const [what, input, sentence] of cases) {
    test(what, () => {
      assert.throws(() => trainConfig(input, 'my.json'), new RddmError(`my.json: ${sentence}`));
    });
  }
});

test('AdamW has a decay, which the configuration of a run holds; others have none', () => {
  const decayOf = (optimiser: object) => trainConfig({ ...least, optimiser }).optimiser.weightDecay;
  assert.equal(decayOf({ kind: 'adamw' }), 0.01);
  assert.equal(decayOf({ kind: 'adamw', weightDecay: 0 }), 0);
  assert.equal('weightDecay' in trainConfig(least).optimiser, false);
  const config = trainConfig({ ...least, optimiser: { kind: 'adamw', weightDecay: 0.1 } });
  assert.deepEqual(trainConfig(JSON.parse(JSON.stringify(config))), config);
});

test('an automatic objective accepts weak noise at the start, until its inverse square exceeds float32', () => {
  const model = { schedule: { timesteps: 10, beta: 36 } };
  assert.equal(trainConfig({ ...least, objective: 'automatic', model }).objective, 'automatic');
});

test('unusual but possible settings are allowed', () => {
  const mask = { data: { ...folders, mask: 'masks' }, model: { condition: 'input-and-mask' } };
  assert.equal(trainConfig(mask).model.condition, 'input-and-mask');
  const faces = { data: { kind: 'images', folder: 'faces' }, model: { task: 'generation', condition: 'none' } };
  assert.equal(trainConfig(faces).model.task, 'generation');
  assert.equal(trainConfig({ ...least, sampleEvery: 0, checkpointEvery: 7 }).sampleEvery, 0);
  assert.equal(trainConfig({ ...least, optimiser: { clipNorm: 'none' } }).optimiser.clipNorm, 'none');
});
