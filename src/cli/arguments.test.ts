import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { numberOrRange, numberWithin, pictureSize, tileChoice, wholeNumber } from './arguments.ts';

test('whole numbers, with an optional minimum', () => {
  assert.equal(wholeNumber()('-3'), -3);
  assert.equal(wholeNumber(1)('1'), 1);
  for (const text of ['', ' ', '1.5', 'x', '1e99'])
    assert.throws(() => wholeNumber()(text), InvalidArgumentError, text);
  assert.throws(() => wholeNumber(1)('0'), /a whole number from 1\./);
});

test('numbers within bounds, inclusive', () => {
  assert.deepEqual(['0', '0.5', '1'].map(numberWithin(0, 1)), [0, 0.5, 1]);
  for (const text of ['', 'NaN', '-0.1', '1.01']) {
    assert.throws(() => numberWithin(0, 1)(text), /a number from 0 to 1\./, text);
  }
});

test('a number, or a range of two', () => {
  assert.equal(numberOrRange('-0.4'), -0.4);
  assert.deepEqual(numberOrRange('-10..1.5'), [-10, 1.5]);
  for (const text of ['', 'x', '1..', '..1', '1..2..3', '1..x']) {
    assert.throws(() => numberOrRange(text), InvalidArgumentError, text);
  }
});

test('sizes are squares or height by width', () => {
  assert.deepEqual(pictureSize('256'), { height: 256, width: 256 });
  assert.deepEqual(pictureSize('240x320'), { height: 240, width: 320 });
  for (const text of ['', '0', '2x', 'x2', '1x2x3', '1.5', '-4', '99999']) {
    assert.throws(() => pictureSize(text), InvalidArgumentError, text);
  }
});

test('tiles are auto, off or of a side', () => {
  assert.deepEqual(['auto', 'off', '512'].map(tileChoice), ['auto', 'off', 512]);
  for (const text of ['', 'on', '0', '-1', '1.5', '512x512']) {
    assert.throws(() => tileChoice(text), /expected auto, off, or the side of tiles in pixels\./, text);
  }
});
