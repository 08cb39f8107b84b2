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

test('a model is its setting with the differences laid over it', () => {
  const { config } = planModel(experiment(), 'one', new Map([['rain', setting()]]));
  assert.equal(config.model.objective, 'noise');
  assert.equal(config.steps, 9);
});

test('what is watched is no part of the identity, what is learnt is', () => {
  const identity = (train: object) => planModel(experiment(), 'one', new Map([['rain', setting(train)]])).identity;
  assert.equal(identity({ checkpointEvery: 3, sampleEvery: 0 }), identity({}));
  assert.notEqual(identity({ seed: 5 }), identity({}));
  assert.notEqual(identity({ steps: 10 }), identity({}));
});

test('what does not fit is refused with a sentence', () => {
  assert.throws(() => planModel(experiment(), 'one', new Map()), /experiment table-0: expected one of the settings/);
  const wrong = { models: { one: { setting: 'rain', change: { model: { objective: 'words' } } } } };
  assert.throws(
    () => planModel(experiment(wrong), 'one', new Map([['rain', setting()]])),
    /experiment table-0, model one: "model.objective": expected/,
  );
});

test('names within an experiment must lead somewhere', () => {
  const measure = { kind: 'sample', series: 'one', model: 'two', metrics: ['psnr'] };
  assert.throws(() => experiment({ measures: [measure] }), /expected one of the models one, got "two"/);
  const agreement = { ...fields.measures[0], metrics: ['agreement'] };
  assert.throws(() => experiment({ measures: [agreement] }), /expected the series that "agreement" compares with/);
  const tests = [{ left: { series: 'none', metric: 'psnr' }, is: 'above', right: 1 }];
  assert.throws(
    () => experiment({ findings: [{ claim: 'c', paper: 'p', tests }] }),
    /expected one of the series, got "none"/,
  );
  assert.throws(() => experiment({ measures: [fields.measures[0], fields.measures[0]] }), /expected every series once/);
});
