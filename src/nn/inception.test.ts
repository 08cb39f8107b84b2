/** The networks compared with their published sizes; `npm run parity` compares their values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feed } from '../graph/build.ts';
import { elementCount } from '../math/shape.ts';
import { alexnetFeatures } from './alexnet.ts';
import { inception } from './inception.ts';
import { recordParameters } from './parameters.ts';

const names = (name: string) => !name.includes('running');
const count = (specs: ReturnType<typeof recordParameters>): number =>
  Object.entries(specs).reduce((total, [name, { shape }]) => total + (names(name) ? elementCount(shape) : 0), 0);

test("Inception v3 has torchvision's 23,834,568 parameters without the auxiliary head, and 8 more classes", () => {
  const specs = recordParameters((parameters) => inception(feed('x', [1, 3, 299, 299]), parameters));
  assert.equal(count(specs), 23_834_568 + 8 * 2049);
  assert.deepEqual(specs['Mixed_7c.branch3x3dbl_3b.conv.weight'].shape, [384, 384, 3, 1]);
});

test('Inception v3 gives a row a picture', () => {
  recordParameters((parameters) => {
    const results = inception(feed('x', [2, 3, 299, 299]), parameters);
    assert.deepEqual(
      Object.values(results).map(({ shape }) => shape),
      [64, 192, 768, 2048, 1008, 1008].map((features) => [2, features]),
    );
  });
});

test("the trunk of AlexNet has torchvision's 2,469,696 parameters", () => {
  const specs = recordParameters((parameters) => {
    const shapes = alexnetFeatures(feed('x', [1, 3, 224, 224]), parameters).map(({ shape }) => shape.slice(1));
    assert.deepEqual(shapes, [
      [64, 55, 55],
      [192, 27, 27],
      [384, 13, 13],
      [256, 13, 13],
      [256, 13, 13],
    ]);
  });
  assert.equal(count(specs), 2_469_696);
});
