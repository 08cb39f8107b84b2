/** docs/paper.md names only what is there, says something in every cell, and leaves out no experiment. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

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
