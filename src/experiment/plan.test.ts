import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validated } from '../math/validate.ts';
import { type Experiment, experimentSchema, type Setting, settingSchema } from './experiment.ts';
import { planModel } from './plan.ts';

const setting = (train: object = {}): Setting =>
  validated(
    settingSchema,
    {
      title: 'rain',
      data: 'photographs',
      pictures: 'open',
      train: { data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } }, steps: 9, ...train },
      withhold: 1,
      held: { pictures: 4 },
    },
    'setting',
  );

const fields = {
  id: 'table-0',
  title: 'Title',
  source: 'Table 0',
  minutes: 1,
  about: 'About.',
  models: { one: { setting: 'rain', change: { model: { objective: 'noise' } } } },
  measures: [{ kind: 'sample', series: 'one', model: 'one', metrics: ['psnr'] }],
  paper: [{ caption: 'Table 0', columns: ['', 'PSNR'], rows: [['one', 1]] }],
  findings: [{ claim: 'c', paper: 'p', tests: [{ left: { series: 'one', metric: 'psnr' }, is: 'above', right: 1 }] }],
};
const experiment = (change: object = {}): Experiment =>
  validated(experimentSchema, { ...fields, ...change }, 'table-0.json');

test('a model is its setting with the differences applied', () => {
  const { config } = planModel(experiment(), 'one', new Map([['rain', setting()]]));
  assert.equal(config.model.objective, 'noise');
  assert.equal(config.steps, 9);
});

test("a setting's training is applied after the model's change, and a variation's change last", () => {
  const thrifty = { ...setting(), trainings: { longer: { steps: 27, seed: 3, optimiser: { warmup: 2 } } } };
  const plan = (words: object) =>
    planModel(experiment({ models: { one: { setting: 'rain', ...words } } }), 'one', new Map([['rain', thrifty]]))
      .config;
  const config = plan({ training: 'longer', change: { steps: 5, batch: 2 }, again: { seed: 4, optimiser: null } });
  assert.deepEqual(
    [config.steps, config.batch, config.seed, config.optimiser.warmup],
    [27, 2, 4, plan({}).optimiser.warmup],
  );
  assert.throws(
    () => plan({ training: 'shorter' }),
    /expected a training of the setting "rain" \(longer\), got shorter/,
  );
});

test('how a run is watched does not matter for identity, what it learns does', () => {
  const identity = (train: object) => planModel(experiment(), 'one', new Map([['rain', setting(train)]])).identity;
  assert.equal(identity({ checkpointEvery: 3, sampleEvery: 0 }), identity({}));
  assert.notEqual(identity({ seed: 5 }), identity({}));
  assert.notEqual(identity({ steps: 10 }), identity({}));
});

test('a model that does not fit is refused with a sentence', () => {
  assert.throws(() => planModel(experiment(), 'one', new Map()), /experiment table-0: expected one of the settings/);
  const wrong = { models: { one: { setting: 'rain', change: { model: { objective: 'words' } } } } };
  assert.throws(
    () => planModel(experiment(wrong), 'one', new Map([['rain', setting()]])),
    /experiment table-0, model one: "model.objective": expected/,
  );
});

test('a setting must name pictures for scoring that training does not see', () => {
  const { withhold: _, ...without } = setting();
  assert.throws(() => validated(settingSchema, without, 'setting'), /expected "withhold" or "held.data"/);
  const held = { pictures: 4, data: { clean: 'others' } };
  assert.doesNotThrow(() => validated(settingSchema, { ...without, held }, 'setting'));
});

test('names within an experiment must exist', () => {
  const measure = { kind: 'sample', series: 'one', model: 'two', metrics: ['psnr'] };
  assert.throws(() => experiment({ measures: [measure] }), /expected one of the models one, got "two"/);
  const agreement = { ...fields.measures[0], metrics: ['agreement'] };
  const earlier = /expected an earlier series of pictures for "agreement", got/;
  assert.throws(() => experiment({ measures: [agreement] }), earlier);
  assert.throws(() => experiment({ measures: [{ ...agreement, to: 'one' }] }), earlier);
  const over = (...values: number[]) => ({ over: { option: 'steps', values } });
  const [first, second] = [
    { ...fields.measures[0], ...over(1, 2) },
    { ...agreement, series: 'two', to: 'one' },
  ];
  const sameValues = /expected a series of one cell, or over the same values, for "agreement", got "one"/;
  assert.throws(() => experiment({ measures: [first, { ...second, ...over(1, 5) }] }), sameValues);
  assert.throws(() => experiment({ measures: [first, second] }), sameValues);
  assert.doesNotThrow(() => experiment({ measures: [first, { ...second, ...over(1, 2) }] }));
  const variance = { kind: 'variance', series: 'one', variance: 'ddpm', schedule: {} };
  assert.throws(
    () => experiment({ measures: [{ ...variance, over: { option: 'eta', values: [0, 1] } }] }),
    /expected sums of variances over "steps", got "eta"/,
  );
  const tests = [{ left: { series: 'none', metric: 'psnr' }, is: 'above', right: 1 }];
  assert.throws(
    () => experiment({ findings: [{ claim: 'c', paper: 'p', tests }] }),
    /expected one of the series, got "none"/,
  );
  assert.throws(() => experiment({ measures: [fields.measures[0], fields.measures[0]] }), /expected every series once/);
});
