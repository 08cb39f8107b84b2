/** docs/paper.md says something in every cell, leaves out no equation or experiment, and counts findings as they are. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCatalogue } from '../src/adapters/node/experiment/catalogue.ts';
import { folderStore } from '../src/adapters/node/files/folder-store.ts';
import { conclude } from '../src/experiment/finding.ts';
import { readEntry } from '../src/operations/experiment/entries.ts';

const docs = new URL('../docs/', import.meta.url);
const text = readFileSync(new URL('paper.md', docs), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('docs/paper.md', () => {
  it('has six cells in every row, none of them empty', () => {
    assert.ok(rows.length > 60);
    for (const row of rows) assert.ok(row.length === 6 && row.every((cell) => cell.length > 0), row.join(' | '));
  });

  it('names a test in every row except the headings', () => {
    for (const [what, , , test] of rows) assert.ok(test === 'test' || test.includes('.test.ts'), what);
  });

  it('has every experiment, with its file and its command', () => {
    for (const file of readdirSync(new URL('../experiments/', import.meta.url))) {
      if (!file.endsWith('.json')) continue;
      const id = file.replace('.json', '');
      assert.ok(text.includes(`rddm experiment run ${id} `), id);
      assert.ok(text.includes(`\`${id}\`: `), `the result of ${id}`);
    }
  });

  it('counts findings by the published figures', async () => {
    const catalogue = await readCatalogue();
    let counted = 0;
    const results = folderStore(fileURLToPath(new URL('results', docs)));
    for (const experiment of catalogue.experiments) {
      const { id, findings } = experiment;
      const { result, again } = await readEntry(experiment, catalogue, results);
      if (!result) continue;
      const all = findings.map((finding) => conclude(finding, result.series, again).conclusion);
      const count = (conclusion: string) => all.filter((one) => one === conclusion).length;
      const some = count('reproduced in some trainings');
      const right = `${count('reproduced')} of ${findings.length} findings reproduced${some > 0 ? `, ${some} in some trainings` : ''}`;
      const counts = text.matchAll(
        new RegExp(`\`${id}\`: (\\d+ of \\d+ findings reproduced(?:, \\d+ in some trainings)?)`, 'g'),
      );
      const written = [...counts].map(([, one]) => one);
      assert.ok(written.length > 0, `${id} has its number of findings`);
      for (const one of written) assert.equal(one, right, id);
      counted++;
    }
    assert.ok(counted > 0);
  });

  it('goes with results whose verdicts follow from their figures', async () => {
    const catalogue = await readCatalogue();
    const results = folderStore(fileURLToPath(new URL('results', docs)));
    for (const experiment of catalogue.experiments) {
      const { result, again } = await readEntry(experiment, catalogue, results);
      for (const judged of [...(result ? [result] : []), ...(again?.values() ?? [])]) {
        const { data, findings } = JSON.parse(readFileSync(new URL(`results/${judged.id}.json`, docs), 'utf8'));
        assert.deepEqual({ data, findings }, { data: judged.data, findings: judged.findings }, judged.id);
      }
    }
  });

  it('has every equation of the paper, 1 to 53', () => {
    const numbers = rows
      .map(([first]) => first)
      .filter((first) => /^\d+([–,] ?\d+)*$/.test(first))
      .flatMap((first) => {
        const [from, to = from] = first.split(/–|, /).map(Number);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      });
    for (let equation = 1; equation <= 53; equation++) assert.ok(numbers.includes(equation), `equation ${equation}`);
  });
});
