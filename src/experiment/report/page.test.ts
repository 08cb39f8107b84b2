import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { experimentSchema } from '../experiment.ts';
import type { ExperimentResult } from '../result.ts';
import { chart } from './chart.ts';
import { html } from './html.ts';
import { reportPage } from './page.ts';

const experiment = experimentSchema.parse({
  id: 'table-0',
  title: 'A < B & "C"',
  source: 'Table 0',
  minutes: 1,
  about: 'About.',
  measures: [{ kind: 'count', series: 'one', side: 8 }],
  paper: [{ caption: 'Table 0', columns: ['', 'PSNR'], rows: [['one', 31.96]] }],
  findings: [
    {
      ...{ claim: 'claim', paper: 'figures', again: ['longer', 'seed'] },
      tests: [{ left: { series: 'one', metric: 'psnr' }, is: 'above', right: 40 }],
    },
  ],
  variations: {
    longer: { title: 'more steps', minutes: 1 },
    seed: { title: 'another seed', minutes: 1 },
  },
});
const steps = [1, 5, 100].map((at) => ({ at, values: { psnr: [20 + at, 22 + at] }, strip: `s-${at}.png` }));
const result: ExperimentResult = {
  format: 'rddm-experiment',
  version: 1,
  id: 'table-0',
  date: '2026-11-25',
  machine: { processor: 'P', threads: 2, memory_gb: 8, system: 'linux', node: 'v20', onnxruntime: '1' },
  data: { rain: 'Photographs.' },
  models: {},
  series: [
    { name: 'one', group: 'rain', pictures: 'open', cells: [{ values: { psnr: [30, 32] }, strip: 'a.png' }] },
    { name: 'swept', group: 'rain', over: 'steps', pictures: 'restricted', cells: steps },
  ],
  // The judgement of an earlier form of the finding.
  findings: [{ claim: 'earlier claim', outcome: 'reproduced', reasons: ['one is above'] }],
};

describe('html', () => {
  it('escapes values, and leaves HTML alone', () => {
    assert.equal(html`<b>${'<&">'}</b>${html`<i>`}${[1, undefined, false]}`.text, '<b>&lt;&amp;&quot;&gt;</b><i>1');
  });
});

describe('the page', () => {
  const page = reportPage([{ experiment, result }], (strip) =>
    strip === 'a.png' ? 'data:image/png;base64,AA' : undefined,
  );

  it('has figures with their noise, the paper beside them, and the verdict with its reason', () => {
    assert.match(page, /31\.00<small> ± 2\.00<\/small>/);
    assert.match(page, /<td>31\.96<\/td>/);
    assert.match(page, /<b class="not-reproduced">not reproduced<\/b>: claim/);
    assert.match(page, /Ours: one is not above: PSNR 31\.00 dB against 40\.00 dB/);
    assert.doesNotMatch(page, /earlier claim/);
    assert.match(page, /Findings: 1 not reproduced\./);
  });

  it('shows the variations of a finding, run or not', () => {
    const better = { ...result.series[0], cells: [{ values: { psnr: [50, 52] } }] };
    const again = new Map([['longer', { ...result, series: [better] }]]);
    const varied = reportPage([{ experiment, result, again }], () => undefined);
    assert.match(varied, /Again with more steps: <b class="reproduced">reproduced<\/b>\. one is above/);
    assert.match(varied, /Again with another seed: not run/);
    assert.match(varied, /Findings: 1 reproduced in some trainings\./);
    assert.match(varied, /<b class="reproduced-in-some-trainings">reproduced in 1 of 2 trainings<\/b>: claim/);
  });

  it('shows the given pictures, and no others', () => {
    assert.equal(page.match(/<img /g)?.length, 1);
    assert.match(page, /<img alt="one" src="data:image\/png;base64,AA">/);
  });

  it('needs nothing from a network, and escapes titles', () => {
    assert.doesNotMatch(page, /(src|href)="(?!data:|#)|@import|url\(|<script/);
    assert.match(page, /A &lt; B &amp; &quot;C&quot;/);
    assert.match(page, /tr > :first-child/); // The style is not escaped.
  });

  it('says which experiments were not run', () => {
    assert.match(
      reportPage([{ experiment }], () => undefined),
      /<p>Not run\.<\/p>/,
    );
  });
});

describe('a chart', () => {
  const points = [1, 10, 100].map((at) => [at, at] as const);
  it('uses a logarithmic axis if values span far', () => {
    const xs = [...chart([{ name: 'a', points }], { x: 'steps', y: 'dB' }).text.matchAll(/<circle cx="([\d.]+)"/g)];
    const [first, second, third] = xs.map(([, x]) => Number(x));
    assert.ok(Math.abs(second - first - (third - second)) < 1e-6);
  });

  it('breaks a line at a value that is not a number', () => {
    const broken = [...points.slice(0, 2), [50, Number.NaN] as const, points[2]];
    const text = chart([{ name: 'a', points: broken }], { x: 'steps', y: 'dB' }).text;
    assert.doesNotMatch(text, /NaN/);
    assert.equal(text.match(/<circle/g)?.length, 3);
  });
});
