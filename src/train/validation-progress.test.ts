import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterValidation, readValidation, validationMetadata } from './validation-progress.ts';

test('the highest PSNR is the best, and of equals the first', () => {
  const first = afterValidation(undefined, 'a', 10, { psnr: 20, ssim: 0.5 });
  assert.deepEqual(first, { squares: 'a', step: 10, best: { step: 10, psnr: 20, ssim: 0.5 } });
  const equal = afterValidation(first, 'a', 20, { psnr: 20, ssim: 0.9 });
  assert.deepEqual([equal.step, equal.best], [20, first.best]);
  const worse = afterValidation(equal, 'a', 30, { psnr: 19, ssim: 0.9 });
  assert.deepEqual([worse.step, worse.best.step], [30, 10]);
  assert.equal(afterValidation(worse, 'a', 40, { psnr: 20.001, ssim: 0.4 }).best.step, 40);
});

test('a checkpoint keeps every bit, and infinity', () => {
  for (const psnr of [1 / 3 + 20, -3.5, Number.POSITIVE_INFINITY]) {
    const progress = { squares: 'abc', step: 30, best: { step: 20, psnr, ssim: 0.1 + 0.2 } };
    assert.deepEqual(readValidation(validationMetadata(progress), 30, 'here'), progress);
  }
  assert.equal(readValidation({ format: 'x' }, 30, 'here'), undefined);
});

test('metadata that cannot be of a run are refused', () => {
  const whole = validationMetadata({ squares: 'abc', step: 30, best: { step: 20, psnr: 25, ssim: 0.5 } });
  const { bestPsnr, ...part } = whole;
  assert.equal(bestPsnr, '25');
  const cases = [part, { ...whole, validatedAt: '31' }, { ...whole, bestStep: '-1' }, { ...whole, bestSsim: 'high' }];
  for (const metadata of cases) {
    assert.throws(() => readValidation(metadata as Record<string, string>, 30, 'run/checkpoint'), {
      message: /^run\/checkpoint: expected the validations of a run, all before its step, got validationSquares abc/,
    });
  }
});
