/** Defaults, and one sentence for every impossible combination. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSchedule } from '../diffusion/schedule.ts';
import { configWarnings, type ModelConfigInput, modelConfig } from './config.ts';
import { tasks } from './config-fields.ts';

test('defaults are those of the paper', () => {
  assert.deepEqual(modelConfig({}), {
    format: 'rddm-model',
    version: 1,
    task: 'restoration',
    objective: 'residual',
    networks: 'one',
    secondDecoder: 'residual-plus-noise',
    condition: 'input',
    preprocess: 'none',
    time: 'index',
    unet: { dim: 64, multipliers: [1, 2, 4, 8], groups: 8, channels: 3 },
    schedule: { timesteps: 1000, kind: 'power', alpha: 'decreasing', beta: 'increasing', noiseStrength: 1 },
    sampling: {
      ...{ steps: 5, times: 'linspace', update: 'difference', eta: 0, variance: 'sum-constrained' },
      ...{ composite: 'none', path: 'together', clip: 'reference' },
    },
  });
});

test('given fields are kept, omitted ones are completed', () => {
  const config = modelConfig({ unet: { dim: 16, channels: 1 }, training: { steps: 3, data: 'photos' } });
  assert.deepEqual(config.unet, { dim: 16, multipliers: [1, 2, 4, 8], groups: 8, channels: 1 });
  assert.deepEqual(config.training, { steps: 3, data: 'photos' });
});

test('completing a complete configuration changes nothing', () => {
  for (const task of tasks) {
    const config = modelConfig({ task, condition: task === 'generation' ? 'none' : 'input' });
    assert.deepEqual(modelConfig(JSON.parse(JSON.stringify(config))), config);
  }
});

test('a complete configuration loads, though some of its defaults have no meaning', () => {
  const schedule = { kind: 'ddim-linear' } as const;
  const config = modelConfig({ networks: 'two', objective: 'residual-noise', schedule });
  assert.deepEqual(modelConfig(JSON.parse(JSON.stringify(config))), config);
});

describe('impossible combinations', () => {
  const refused: readonly (readonly [fields: ModelConfigInput, sentence: string])[] = [
    [
      { networks: 'two', objective: 'residual' },
      '"objective": expected objective "residual-noise" with networks "two", got "residual"',
    ],
    [
      { networks: 'shared-encoder', objective: 'noise' },
      '"objective": expected objective "residual-noise" with networks "shared-encoder", got "noise"',
    ],
    [
      { networks: 'two', objective: 'clean' },
      '"objective": expected objective "residual-noise" with networks "two", got "clean"',
    ],
    [
      { secondDecoder: 'noise' },
      '"secondDecoder": expected networks "shared-encoder" with secondDecoder "noise", since others have one decoder, ' +
        'got "one"',
    ],
    [
      { schedule: { kind: 'ddim-linear', alpha: 'mean', beta: 'decreasing' } },
      '"schedule.alpha": expected schedule kind "power" with alpha "mean", since other schedules have their own ' +
        'curves, got "ddim-linear"; "schedule.beta": expected schedule kind "power" with beta "decreasing", since other ' +
        'schedules have their own curves, got "ddim-linear"',
    ],
    [{ unet: { dim: 12, multipliers: [2, 4], groups: 8 } }, '"unet.dim": expected dim divisible by groups 8, got 12'],
    [
      { unet: { dim: 20, multipliers: [1, 2], groups: 8 } },
      '"unet": expected dim times each multiplier to be divisible by groups 8, got 20 x 1; ' +
        '"unet.dim": expected dim divisible by groups 8, got 20',
    ],
    [{ unet: { dim: 9, groups: 3 } }, '"unet.dim": expected an even dim (half sines, half cosines of time), got 9'],
    [
      { unet: { dim: 2, groups: 1 } },
      '"unet.dim": expected dim of at least 4 (the time embedding divides by dim/2 - 1), got 2',
    ],
    [
      { quantization: { layers: { 'unet0.downs.0.3': { input: [1, -1], output: [0, 1] } } } },
      '"quantization.layers.unet0.downs.0.3.input": expected the lower end first',
    ],
    [{ task: 'generation' }, '"condition": expected condition "none" for generation, which has no input, got "input"'],
    [
      { task: 'generation', condition: 'none', preprocess: 'equalise' },
      '"preprocess": expected preprocess "none" for generation, which has no input, got "equalise"',
    ],
    [
      { time: 'cumulative' },
      '"networks": expected networks "two" with time "cumulative", which gives each network its own time, got "one"',
    ],
    [
      { time: 'cumulative', networks: 'shared-encoder', objective: 'residual-noise' },
      '"networks": expected networks "two" with time "cumulative", which gives each network its own time, ' +
        'got "shared-encoder"',
    ],
    [
      { objective: 'noise', schedule: { noiseStrength: 0 } },
      '"objective": expected objective "residual" or "clean" without noise (noiseStrength 0), got "noise"',
    ],
    [
      { task: 'generation', condition: 'none', schedule: { noiseStrength: 0 } },
      '"schedule.noiseStrength": expected a noiseStrength above 0 for generation, which starts from noise, got 0',
    ],
    [
      { task: 'deblurring', sampling: { composite: 'known' } },
      '"sampling.composite": expected sampling.composite "none" for deblurring, which has no known pixels, got "known"',
    ],
    [
      { schedule: { kind: 'ddim-linear', beta: { course: 'increasing', exponent: 2 } } },
      '"schedule.beta": expected schedule kind "power" with beta "increasing with exponent 2", since other ' +
        'schedules have their own curves, got "ddim-linear"',
    ],
    [
      { schedule: { kind: 'rectified-flow' } },
      '"schedule.noiseStrength": expected noiseStrength 0 with schedule kind "rectified-flow", a straight line without ' +
        'noise, got 1',
    ],
  ];
  for (const [fields, sentence] of refused) {
    test(sentence, () =>
      assert.throws(() => modelConfig(fields), { name: 'RddmError', message: `modelConfig: ${sentence}` }),
    );
  }

  test('all errors are in one sentence, under the name of the file', () => {
    const fields: ModelConfigInput = { time: 'cumulative', task: 'generation' };
    assert.throws(() => modelConfig(fields, 'model/config.json'), {
      message: /^model\/config\.json: "condition": expected .*; "networks": expected /,
    });
  });
});

test('every schedule of Table 2 can be written, as words or with exponents', () => {
  const table: readonly (readonly [string, ModelConfigInput['schedule']])[] = [
    ['linear (DDIM)', { kind: 'ddim-linear' }],
    ['scaled linear', { kind: 'ddim-scaled-linear' }],
    ['squared cosine', { kind: 'ddim-squared-cosine' }],
    ['mean, mean', { alpha: 'mean', beta: 'mean' }],
    ['α ↑, β² ↑', { alpha: 'increasing', beta: 'increasing' }],
    ['α ↓, β² ↓', { alpha: 'decreasing', beta: 'decreasing' }],
    ['α ↓, β² ↑', { alpha: 'decreasing', beta: 'increasing' }],
  ];
  const ways = table.map(([name, schedule]) => {
    const config = modelConfig({ task: 'generation', condition: 'none', objective: 'noise', schedule });
    // A written configuration can be read again.
    const { alphaBar, betaBar } = createSchedule(modelConfig(JSON.parse(JSON.stringify(config))).schedule);
    assert.ok(alphaBar[999] > 0.97 && betaBar[999] > 0.999, name);
    return `${alphaBar[300]} ${betaBar[300]}`;
  });
  assert.equal(new Set(ways).size, 7);

  const { schedule } = modelConfig({ schedule: { alpha: 2.5, beta: { course: 'decreasing', exponent: 3 } } });
  assert.deepEqual(schedule.alpha, 2.5);
  assert.deepEqual(schedule.beta, { course: 'decreasing', exponent: 3, form: 'counted' });
  const linspace = { course: 'increasing', form: 'linspace' } as const;
  assert.equal(createSchedule(modelConfig({ schedule: { beta: linspace } }).schedule).betaBar[0], 0);
});

describe('values out of range', () => {
  const refused: readonly (readonly [fields: unknown, sentence: RegExp])[] = [
    [{ unet: { dim: 0 } }, /^modelConfig: "unet\.dim": expected a number of at least 2, got 0/],
    [{ unet: { dim: 16.5 } }, /^modelConfig: "unet\.dim": expected a whole number, got 16\.5/],
    [{ unet: { multipliers: [] } }, /^modelConfig: "unet\.multipliers": expected a list of at least 1 entries/],
    [{ unet: { multipliers: [1, 0] } }, /^modelConfig: "unet\.multipliers\.1": expected a number of at least 1, got 0/],
    [{ unet: { groups: 0 } }, /^modelConfig: "unet\.groups": expected a number of at least 1/],
    [{ unet: { channels: 4 } }, /^modelConfig: "unet\.channels": expected 1 or 3, got 4/],
    [{ schedule: { timesteps: 1 } }, /^modelConfig: "schedule\.timesteps": expected a number of at least 2, got 1/],
    [
      { schedule: { timesteps: 1e12 } },
      /^modelConfig: "schedule\.timesteps": expected a number of at most 1000000, got 1000000000000$/,
    ],
    [
      { schedule: { noiseStrength: -1 } },
      /^modelConfig: "schedule\.noiseStrength": expected a number of at least 0, got -1/,
    ],
    [
      { schedule: { kind: 'cosine' } },
      /^modelConfig: "schedule\.kind": expected "power", .* or "[a-z-]+", got "cosine"/,
    ],
    [{ schedule: { alpha: -1 } }, /^modelConfig: "schedule\.alpha": .*got -1/],
    [{ schedule: { beta: 'up' } }, /^modelConfig: "schedule\.beta": .*got "up"/],
    [{ schedule: { beta: { course: 'mean' } } }, /^modelConfig: "schedule\.beta/],
    [{ sampling: { adjust: {} } }, /^modelConfig: "sampling\.adjust\.mode": expected "none", .*got nothing/],
    [{ sampling: { path: [[1, 1]] } }, /^modelConfig: "sampling\.path"/],
    [{ sampling: { steps: 0 } }, /^modelConfig: "sampling\.steps": expected a number of at least 1, got 0/],
    [{ sampling: { eta: 1.5 } }, /^modelConfig: "sampling\.eta": expected a number of at most 1, got 1\.5/],
    [{ sampling: { clip: false } }, /^modelConfig: "sampling\.clip": expected "reference" or "none", got false/],
    [{ task: 'dehazing' }, /^modelConfig: "task": expected "restoration", .* or "generation", got "dehazing"/],
    [{ objective: 'input' }, /^modelConfig: "objective": expected .*, got "input"/],
    [{ networks: 2 }, /^modelConfig: "networks": expected .*, got 2/],
    [{ condition: 'mask' }, /^modelConfig: "condition": expected .*, got "mask"/],
    [{ time: 'continuous' }, /^modelConfig: "time": expected "index" or "cumulative", got "continuous"/],
    [{ version: 2 }, /^modelConfig: "version": expected 1, got 2/],
    [{ format: 'other' }, /^modelConfig: "format": expected "rddm-model", got "other"/],
    [[], /^modelConfig: expected an object, got \[\]/],
    ['deraining', /^modelConfig: expected an object, got "deraining"/],
  ];
  for (const [fields, message] of refused) {
    test(JSON.stringify(fields), () =>
      assert.throws(() => modelConfig(fields as ModelConfigInput), { name: 'RddmError', message }),
    );
  }
});

test('unknown keys are refused by name, at every level', () => {
  for (const fields of [
    { objectives: 'noise' },
    { unet: { dims: 64 } },
    { schedule: { T: 5 } },
    { sampling: { step: 1 } },
  ]) {
    const key = JSON.stringify(fields).match(/"(\w+)":(?:\d|"noise")/)?.[1];
    assert.throws(() => modelConfig(fields as ModelConfigInput), {
      name: 'RddmError',
      message: new RegExp(`expected only the keys \\w.*, got "${key}": correct or remove it`),
    });
  }
});

describe('warnings', () => {
  test('objective "noise" on every restoration task: allowed, but the paper shows it to fail', () => {
    for (const task of ['restoration', 'deraining', 'shadow-removal', 'low-light', 'deblurring'] as const) {
      assert.deepEqual(configWarnings(modelConfig({ task, objective: 'noise' })), [
        `objective "noise" fails at ${task}: the paper measures 11.34 dB against 30.72 dB for "residual" on shadow removal (Table 1)`,
      ]);
    }
  });

  test('objective "noise" unclipped on a power schedule: the last time would divide by nearly 0', () => {
    const fields = { task: 'generation', condition: 'none', objective: 'noise' } as const;
    const sampling = { clip: 'none' } as const;
    const [warning, ...more] = configWarnings(modelConfig({ ...fields, sampling }));
    assert.match(warning, /^objective "noise" with clip "none" divides by 1e-6 at the last time/);
    assert.deepEqual(more, []);
    assert.deepEqual(configWarnings(modelConfig({ ...fields, sampling, schedule: { kind: 'ddim-linear' } })), []);
    assert.deepEqual(configWarnings(modelConfig({ sampling })), []);
    assert.equal(configWarnings(modelConfig({ objective: 'noise', sampling })).length, 2);
  });

  test('networks that predict both, sampled only by the noise', () => {
    const [warning] = configWarnings(
      modelConfig({ task: 'deraining', objective: 'residual-noise', sampling: { method: 'noise' } }),
    );
    assert.match(warning, /^sampling.method "noise" fails at deraining/);
  });

  test('no warning if noise is the right thing to predict, or the objective is another', () => {
    const fields: ModelConfigInput[] = [
      { task: 'generation', condition: 'none', objective: 'noise' },
      { task: 'translation', objective: 'noise' },
      { task: 'inpainting', objective: 'noise' },
      { task: 'deraining', objective: 'residual' },
      { task: 'deraining', objective: 'residual-noise' },
    ];
    for (const one of fields) assert.deepEqual(configWarnings(modelConfig(one)), []);
  });
});
