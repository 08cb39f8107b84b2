import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetConfigSchema, mapPaths } from './dataset-config.ts';

const refusal = (input: unknown): string =>
  datasetConfigSchema
    .safeParse(input)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join() ?? '';

test('defaults are filled in', () => {
  const { crop, scale, flips, exclude } = datasetConfigSchema.parse({ kind: 'images', folder: 'faces' });
  assert.deepEqual({ crop, scale, flips, exclude }, { crop: 64, scale: [1, 1], flips: 'horizontal', exclude: [] });
  const rainy = datasetConfigSchema.parse({
    kind: 'degraded',
    clean: 'photos',
    degradation: { kind: 'rain', veil: 0 },
  });
  assert.ok(rainy.kind === 'degraded' && rainy.degradation.kind === 'rain');
  assert.deepEqual(rainy.degradation.veil, [0, 0]);
});

test('an impossible configuration is refused with a sentence', () => {
  assert.match(
    refusal({ kind: 'folders', input: 'a', target: 'a' }),
    /target: expected clean pictures other than the input/,
  );
  assert.match(refusal({ kind: 'unpaired', input: 'a', target: 'a' }), /target: expected clean pictures other than/);
  assert.match(refusal({ kind: 'flist', input: 'a', target: 'b', mask: 'b' }), /mask: expected masks other than/);
  assert.match(refusal({ kind: 'images', folder: 'a', scale: [0.9, 0.4] }), /scale: expected the least factor first/);
  assert.match(refusal({ kind: 'images', folder: 'a', scale: [1, 2] }), /scale/);
  assert.match(refusal({ kind: 'images', folder: '' }), /expected a path/);
  assert.match(
    refusal({ kind: 'zip', folder: 'a' }),
    /'folders' \| 'flist' \| 'degraded' \| 'masked' \| 'unpaired' \| 'images'/,
  );
  assert.match(refusal({ kind: 'degraded', clean: 'a', degradation: { kind: 'hail' } }), /degradation.kind.*'rain'/);
  assert.match(refusal({ kind: 'degraded', clean: 'a' }), /degradation/);
});

test('an unknown field, or one of another kind, is refused by name', () => {
  assert.match(refusal({ kind: 'images', folder: 'a', mask: 'b' }), /mask/);
  assert.match(refusal({ kind: 'folders', input: 'a', target: 'b', croop: 3 }), /croop/);
  assert.match(refusal({ kind: 'unpaired', input: 'a', target: 'b', mask: 'c' }), /mask/);
  assert.match(refusal({ kind: 'folders', input: 'a', target: 'b', endings: { output: '_x' } }), /output/);
});

test('mapPaths changes each path that is there, and leaves out what is left out', () => {
  const pairs = datasetConfigSchema.parse({ kind: 'folders', input: 'a', target: 'b', mask: undefined });
  const mapped = mapPaths(pairs, (path) => `/photos/${path}`);
  assert.ok(mapped.kind === 'folders');
  assert.deepEqual([mapped.input, mapped.target, mapped.mask], ['/photos/a', '/photos/b', undefined]);
});
