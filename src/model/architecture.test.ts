/** What differs between the two kinds of U-Net, read off their settings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeUnet, firstWidth, levelCount, paperUnet, sizeMultiple } from './architecture.ts';
import { modelConfig } from './config.ts';

const paper = modelConfig({ unet: { dim: 16, multipliers: [1, 2, 4] } }).unet;
const diffusers = modelConfig({
  unet: { kind: 'diffusers', widths: [64, 32], down: ['plain', 'attention'], up: ['plain', 'plain'] },
}).unet;

test('each level but the last halves the sides', () => {
  assert.deepEqual([paper, diffusers].map(levelCount), [3, 2]);
  assert.deepEqual([paper, diffusers].map(sizeMultiple), [4, 2]);
});

test('the first level has as many channels as the time embedding', () => {
  assert.deepEqual([paper, diffusers].map(firstWidth), [16, 64]);
});

test('a line of text says what it is', () => {
  assert.equal(describeUnet(paper), 'dim 16, multipliers 1 2 4, 3 channels, 8 groups');
  const line =
    'diffusers, widths 64 32, 2 blocks a level, attention on level 2 down and none up (one head), 3 channels, 32 groups';
  assert.equal(describeUnet(diffusers), line);
});

test("what only the paper's U-Net has is refused for the other", () => {
  assert.equal(paperUnet(paper, 'test'), paper);
  assert.throws(() => paperUnet(diffusers, 'test'), {
    message: `test: expected the paper's U-Net, got one of kind "diffusers"`,
  });
});
