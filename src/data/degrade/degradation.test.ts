import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import { type DegradationKind, degradationSchema, degradations, degrade, maskMeaning } from './degradation.ts';

test('every degradation works with its defaults, changes the picture, and is reproducible', () => {
  const image = { width: 48, height: 40, channels: 3 as const, data: new Uint8Array(48 * 40 * 3).fill(70) };
  for (const kind of Object.keys(degradations) as DegradationKind[]) {
    const settings = degradationSchema.parse({ kind });
    const once = degrade(image, settings, createRandom(3, [kind]));
    for (const { width, height, channels } of [once.image, once.mask ?? once.image]) {
      assert.deepEqual([width, height, channels], [48, 40, 3]);
    }
    assert.notDeepEqual(once.image.data, image.data);
    assert.equal(once.mask !== undefined, maskMeaning(kind) !== undefined);
    assert.deepEqual(degrade(image, settings, createRandom(3, [kind])), once);
  }
});

test('unknown kinds and unknown settings are refused by name', () => {
  const message = (input: unknown) => degradationSchema.safeParse(input).error?.issues[0].message ?? '';
  assert.match(message({ kind: 'hail' }), /'rain'/);
  assert.match(message({ kind: 'rain', size: 3 }), /size/);
  assert.match(message({}), /'rain'/);
});
