import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slugOf } from './slug.ts';

test('mathematical symbols become letters', () => {
  assert.equal(slugOf('SM-N, β² changed', 0.5), 'sm-n-beta2-changed-0.5');
  assert.equal(slugOf('β̄_T² = 0.01'), 'beta-bar-t2-0.01');
  assert.equal(slugOf('α ↓, β² ↑'), 'alpha-down-beta2-up');
});
