/** docs/paper.md names only what is there, says something in every cell, and leaves out no experiment. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCatalogue } from '../src/adapters/node/experiment/catalogue.ts';
import { readEntry } from '../src/adapters/node/experiment/entries.ts';
import { conclude } from '../src/experiment/finding.ts';

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

  for (const [, path] of text.matchAll(/\]\(([^)#]+)/g)) {
    it(`names ${path}, which is there`, () => assert.ok(existsSync(new URL(path, docs))));
  }

  it('names a test in every row but the headings', () => {
    for (const [what, , , test] of rows) assert.ok(test === 'test' || test.includes('.test.ts'), what);
  });

  it('has every experiment, by its file and its command', () => {
    for (const file of readdirSync(new URL('../experiments/', import.meta.url))) {
      if (!file.endsWith('.json')) continue;
      const id = file.replace('.json', '');
      assert.ok(text.includes(`rddm experiment run ${id} `), id);
      assert.ok(text.includes(`results/report.html#${id}`), `the result of ${id}`);
    }
  });

  it('counts findings as the published figures make them', async () => {
    const catalogue = await readCatalogue();
    let counted = 0;
    const results = fileURLToPath(new URL('results', docs));
    for (const experiment of catalogue.experiments) {
      const { id, findings } = experiment;
      const { result, again } = await readEntry(experiment, catalogue, results);
      if (!result) continue;
      const all = findings.map((finding) => conclude(finding, result.series, again).conclusion);
      const count = (conclusion: string) => all.filter((one) => one === conclusion).length;
      const some = count('reproduced in some trainings');
      const right = `${count('reproduced')} of ${findings.length} findings reproduced${some > 0 ? `, ${some} in some trainings` : ''}`;
      const links = text.matchAll(
        new RegExp(
          `\\]\\(results/report\\.html#${id}\\): (\\d+ of \\d+ findings reproduced(?:, \\d+ in some trainings)?)`,
          'g',
        ),
      );
      const told = [...links].map(([, one]) => one);
      assert.ok(told.length > 0, `${id} is told with its number of findings`);
      for (const one of told) assert.equal(one, right, id);
      counted++;
    }
    assert.ok(counted > 0);
  });

  it('stands beside results that say what the findings make of their figures', async () => {
    const catalogue = await readCatalogue();
    const results = fileURLToPath(new URL('results', docs));
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
