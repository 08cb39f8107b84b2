import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from './experiment.ts';
import { conclude, judge, meanOf, noiseOf } from './finding.ts';
import type { Series } from './result.ts';

const series = (name: string, ...cells: Series['cells']): Series => ({ name, group: 'g', pictures: 'none', cells });
const psnr = (...values: number[]) => ({ values: { psnr: values } });

// b is a + 1 for every picture, though both vary by far more than that.
const measured = [
  series('a', psnr(20, 30, 25, 35)),
  series('b', psnr(21.1, 30.9, 26, 36)),
  series('c', psnr(20, 31, 24, 35.5)),
  { ...series('steps', { at: 1, ...psnr(10, 10) }, { at: 5, ...psnr(12, 12) }), over: 'steps' },
];
const finding = (...tests: Finding['tests']): Finding => ({ claim: 'claim', paper: 'figures', tests, again: [] });
const outcome = (...tests: Finding['tests']) => judge(finding(...tests), measured).outcome;
const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ series: name, metric: 'psnr' }) as const);

describe('noise', () => {
  it('is twice the standard error, and 0 for a single figure', () => {
    assert.equal(meanOf([1, 2, 3]), 2);
    assert.equal(noiseOf([1, 2, 3]).toFixed(6), (2 / Math.sqrt(3)).toFixed(6));
    assert.equal(noiseOf([7]), 0);
  });
});

describe('a finding', () => {
  it('is reproduced if the difference is larger than its noise, pairwise over the pictures', () => {
    assert.equal(outcome({ left: b, is: 'above', right: a, by: 0 }), 'reproduced');
    assert.equal(outcome({ left: a, is: 'below', right: b, by: 0.5 }), 'reproduced');
    assert.equal(outcome({ left: a, is: 'near', right: b, by: 2 }), 'reproduced');
  });

  it('is not reproduced if the opposite holds', () => {
    assert.equal(outcome({ left: a, is: 'above', right: b, by: 0 }), 'not reproduced');
    assert.equal(outcome({ left: b, is: 'above', right: a, by: 3 }), 'not reproduced');
    assert.equal(outcome({ left: a, is: 'near', right: b, by: 0.1 }), 'not reproduced');
  });

  it('is not testable within the noise, or without a figure', () => {
    assert.equal(outcome({ left: c, is: 'above', right: a, by: 0 }), 'not testable at this size');
    const { outcome: none, reasons } = judge(
      finding({ left: { series: 'a', metric: 'ssim' }, is: 'above', right: 0, by: 0 }),
      measured,
    );
    assert.equal(none, 'not testable at this size');
    assert.deepEqual(reasons, ['a: SSIM was not measured']);
    const right = { series: 'nowhere', metric: 'psnr' } as const;
    assert.deepEqual(judge(finding({ left: a, is: 'above', right, by: 0 }), measured).reasons, [
      'nowhere: PSNR was not measured',
    ]);
  });

  it('is not reproduced if a figure is not a number', () => {
    const broken = [series('a', psnr(Number.NaN, 20))];
    const verdict = judge(finding({ left: a, is: 'above', right: 1, by: 0 }), broken);
    assert.equal(verdict.outcome, 'not reproduced');
    assert.deepEqual(verdict.reasons, ['a: PSNR is not a number']);
  });

  it('needs all of its tests', () => {
    const holds = { left: b, is: 'above', right: a, by: 0 } as const;
    const open = { left: c, is: 'above', right: a, by: 0 } as const;
    const fails = { left: a, is: 'above', right: b, by: 0 } as const;
    assert.equal(outcome(holds, open), 'not testable at this size');
    assert.equal(outcome(holds, open, fails), 'not reproduced');
  });

  it('names a cell of a series by its value, or else means the last', () => {
    const at = (value: number) => ({ series: 'steps', at: value, metric: 'psnr' }) as const;
    const verdict = judge(finding({ left: at(5), is: 'above', right: at(1), by: 1 }), measured);
    assert.equal(verdict.outcome, 'reproduced');
    assert.deepEqual(verdict.reasons, [
      'steps at 5 is above by 1.00 dB: PSNR 12.00 dB against 10.00 dB of steps at 1, difference 2.00 dB ± 0.00 dB',
    ]);
    assert.equal(outcome({ left: { series: 'steps', metric: 'psnr' }, is: 'above', right: 11, by: 0 }), 'reproduced');
  });
});

describe('a finding whose experiment was run again', () => {
  const [higher, lower] = [psnr(40, 41, 42, 43), psnr(1, 2, 3, 4)].map((cell) => ({ series: [series('a', cell)] }));
  const concluded = (right: number, again: string[], ...results: [string, typeof higher][]) =>
    conclude({ ...finding({ left: a, is: 'above', right, by: 0 }), again }, measured, new Map(results));

  it('is reproduced in some trainings if a variation that it names shows it', () => {
    const { conclusion, trainings, shown } = concluded(38, ['longer', 'seed'], ['longer', lower], ['seed', higher]);
    assert.deepEqual([conclusion, trainings, shown], ['reproduced in some trainings', 3, 1]);
    assert.equal(concluded(38, ['longer'], ['longer', lower], ['seed', higher]).conclusion, 'not reproduced');
    assert.equal(concluded(38, ['longer']).conclusion, 'not reproduced');
  });

  it('stays reproduced, whatever its variations gave', () => {
    assert.equal(concluded(10, ['longer'], ['longer', lower]).conclusion, 'reproduced');
  });

  it('that the noise leaves open is decided by its variations', () => {
    assert.equal(concluded(27.5, ['longer']).conclusion, 'not testable at this size');
    assert.equal(concluded(27.5, ['longer'], ['longer', lower]).conclusion, 'not reproduced');
  });
});
