/** Chromium computes what Node and TensorFlow.js compute, or says why it cannot; and where Chromium is looked for. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { modelConfig } from '../../src/model/config.ts';
import type { Case } from '../cases.ts';
import { peers } from '../peers.ts';
import {
  type BrowserWork,
  convolutionsInBrowser,
  networkInBrowser,
  productsInBrowser,
  shippedInBrowser,
} from '../prepare-browser.ts';
import { profileTask } from '../profile.ts';
import { runCase } from '../run-case.ts';
import { findChromium, lacksChromium } from './installed.ts';
import { openOnnxruntimePage } from './onnxruntime.ts';

const skip = lacksChromium() ?? false;
const folder = await mkdtemp(join(tmpdir(), 'rddm-browser-'));
after(() => rm(folder, { recursive: true, force: true }));

const tiny = modelConfig({ unet: { dim: 8, multipliers: [1, 2] } });
const caseOf = ({ prepare }: BrowserWork): Case => ({ name: 'tiny', description: '', kind: 'browser', prepare });

test('Chromium is where RDDM_CHROMIUM says, or nowhere', (t) => {
  const old = process.env.RDDM_CHROMIUM;
  t.after(() => {
    if (old === undefined) delete process.env.RDDM_CHROMIUM;
    else process.env.RDDM_CHROMIUM = old;
  });
  process.env.RDDM_CHROMIUM = process.execPath;
  assert.equal(findChromium(), process.execPath);
  assert.equal(lacksChromium(), undefined);
  process.env.RDDM_CHROMIUM = join(folder, 'none');
  assert.match(lacksChromium() ?? '', /no Chromium was found; install it/);
});

for (const [what, work, names] of [
  ['a network', networkInBrowser(tiny, 16), ['Node']],
  ['products', productsInBrowser(8, 2), ['Node']],
  ['convolutions', convolutionsInBrowser(tiny, 16), ['Node', 'TensorFlow.js']],
] as const) {
  test(`${what} in Chromium equal those of ${names.join(' and ')}`, { skip }, async () => {
    const said: string[] = [];
    const result = await runCase(caseOf(work), { rounds: 1, peers, say: (sentence) => said.push(sentence) });
    assert.deepEqual(result.failures, []);
    assert.deepEqual(
      result.peers.map(({ name }) => name),
      names,
    );
    for (const sentence of said) assert.match(sentence, /relative difference \d\.\de-[5-9]$|difference 0.0e\+0$/);
    // A renderer alone, without the rest of the browser, needs more than this.
    for (const { peak_rss_mb: peak } of [result.ours, ...result.peers]) assert.ok(peak > 40 && peak < 3000, `${peak}`);
  });
}

test('a page that cannot load its model says why', { skip }, async () => {
  const task = await productsInBrowser(8, 1).prepare(folder);
  await writeFile(task.model, 'no model');
  await assert.rejects(
    openOnnxruntimePage({ ...task, kind: 'browser' }),
    /onnxruntime-page.mjs: expected load to succeed, got .*protobuf/i,
  );
});

test('a profile in Chromium has every operator of the last runs', { skip }, async () => {
  const task = await productsInBrowser(8, 3).prepare(folder);
  const { runs, calls, secondsPerRun } = await profileTask(task, 2, folder);
  assert.equal(runs, 2);
  assert.deepEqual(
    calls.map(({ op, outputs }) => [op, outputs]),
    Array.from({ length: 6 }, () => ['MatMul', [[8, 8]]]),
  );
  assert.ok(secondsPerRun > 0 && secondsPerRun < 5);
});

test('the multiply-adds of the shipped model grow with the pixels', () => {
  const [small, large] = [64, 128].map((size) => shippedInBrowser(size).multiplyAdds());
  assert.ok(large / small > 3.9 && large / small < 4.1, `${small} ${large}`);
});
