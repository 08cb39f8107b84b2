import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import { type DegradationKind, degradationSchema, degradations, degrade } from './degradation.ts';

test('every degradation works with its defaults, changes the picture, and repeats itself', () => {
  const image = { width: 48, height: 40, channels: 3 as const, data: new Uint8Array(48 * 40 * 3).fill(70) };
  for (const kind of Object.keys(degradations) as DegradationKind[]) {
    const settings = degradationSchema.parse({ kind });
    const once = degrade(image, settings, createRandom(3, [kind]));
    assert.deepEqual([once.width, once.height, once.channels], [48, 40, 3]);
    assert.notDeepEqual(once.data, image.data);
    assert.deepEqual(degrade(image, settings, createRandom(3, [kind])), once);
  }
});

test('unknown kinds and unknown settings are refused by name', () => {
  const message = (input: unknown) => degradationSchema.safeParse(input).error?.issues[0].message ?? '';
  assert.match(message({ kind: 'hail' }), /'rain'/);
  assert.match(message({ kind: 'rain', size: 3 }), /size/);
  assert.match(message({}), /'rain'/);
});
