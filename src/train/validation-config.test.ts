import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TrainConfigInput, trainConfig } from './config.ts';
import { isValidationDue, validationSource, withValidationSquares } from './validation-config.ts';

const degraded = { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } } as const;
const folders = { kind: 'folders' as const, input: 'rainy', target: 'clean', exclude: ['a.png'] };

const of = (validation: object, fields: Partial<TrainConfigInput> = {}) =>
  trainConfig({ data: degraded, validation, ...fields });

test('by default 16 squares of the size of the training squares, at every checkpoint', () => {
  const config = of({ share: 0.1 });
  assert.deepEqual(config.validation, { share: 0.1, count: 16, seed: 0 });
  assert.equal(trainConfig({ data: degraded }).validation, undefined);
  assert.ok(!('validation' in trainConfig({ data: degraded })));
  const due = (step: number, fields: object = {}) =>
    isValidationDue({ ...of({ share: 0.1, ...fields }), steps: 1234 }, step);
  assert.deepEqual(
    [0, 1, 500, 750, 1000, 1234].map((step) => due(step)),
    [false, false, true, false, true, true],
  );
  assert.deepEqual(
    [500, 1000, 1234].map((step) => due(step, { every: 1000 })),
    [false, true, true],
  );
  assert.ok(!isValidationDue(trainConfig({ data: degraded, steps: 500 }), 500));
});

test('other pictures have the kind of the data, and squares without scale and flips', () => {
  const { data, validation } = of({ input: 'test/rainy', target: 'test/clean', crop: 200 }, { data: folders });
  assert.ok(validation);
  const source = validationSource(data, validation);
  assert.deepEqual(source, { ...data, input: 'test/rainy', target: 'test/clean', exclude: [] });
  assert.deepEqual(withValidationSquares(data, validation), { ...data, crop: 200, scale: [1, 1], flips: 'none' });
  const plain = of({ share: 0.2 });
  assert.equal(withValidationSquares({ ...plain.data, crop: 8 }, plain.validation!).crop, 16);
  assert.equal(withValidationSquares(plain.data, plain.validation!).crop, 64);
  assert.equal(validationSource(plain.data, plain.validation!), undefined);
});

describe('what is refused', () => {
  const cases: [object, Partial<TrainConfigInput>, RegExp][] = [
    [{}, {}, /"validation": expected a share, or clean as for data of kind "degraded", got neither$/],
    [
      { share: 0.1, clean: 'x' },
      {},
      /"validation.share": expected a share of the pictures or other pictures, got both$/,
    ],
    [{ share: 0 }, {}, /"validation.share": expected a number above 0, got 0$/],
    [{ share: 1 }, {}, /"validation.share": expected a number below 1, got 1$/],
    [{ clean: 'x' }, { data: folders }, /expected a share, or input, target as for data of kind "folders", got clean$/],
    [{ input: 'x', target: 'y' }, {}, /or clean as for data of kind "degraded", got input, target$/],
    [{ share: 0.1, every: 700 }, {}, /"validation.every": expected a multiple of checkpointEvery \(500\), got 700$/],
    [{ share: 0.1, crop: 8 }, {}, /"validation.crop": expected a number of at least 16, got 8$/],
    [
      { input: 'x', target: 'y' },
      { data: { ...folders, mask: 'm' }, model: { condition: 'input-and-mask' } },
      /or input, target, mask as for data of kind "folders", got input, target$/,
    ],
    [
      { share: 0.1 },
      { data: { kind: 'images', folder: 'faces' }, model: { task: 'generation', condition: 'none' } },
      /"validation": expected data whose inputs have a ground truth .*, got "images"$/,
    ],
    [
      { share: 0.1 },
      { data: { kind: 'unpaired', input: 'cats', target: 'dogs' }, model: { task: 'translation' } },
      /"validation": expected data whose inputs have a ground truth .*, got "unpaired"$/,
    ],
  ];
  for (const [validation, fields, message] of cases) {
    test(JSON.stringify(validation), () => assert.throws(() => of(validation, fields), { message }));
  }
});
