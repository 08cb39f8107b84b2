import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainConfig } from './config.ts';
import { trainWarnings } from './config-warnings.ts';

const made = { kind: 'degraded', clean: 'photos', degradation: { kind: 'low-light' }, crop: 64 } as const;
const paired = { kind: 'folders', input: 'dark', target: 'light', crop: 64 } as const;

test('warns about squares that are equalised one by one, not about whole pictures', () => {
  const model = { task: 'low-light', preprocess: 'equalise' } as const;
  const [warning, ...more] = trainWarnings(trainConfig({ model, data: made }));
  assert.match(warning, /equalised square by square, and rddm restore equalises whole pictures/);
  assert.deepEqual(more, []);
  assert.deepEqual(trainWarnings(trainConfig({ model, data: paired })), []);
  assert.deepEqual(trainWarnings(trainConfig({ model: { task: 'low-light' }, data: made })), []);
});

test("includes the model's warnings", () => {
  assert.equal(
    trainWarnings(trainConfig({ model: { objective: 'noise', task: 'low-light' }, data: paired })).length,
    1,
  );
});
