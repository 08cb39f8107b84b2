/** The picture and the table of the folders in ARCHITECTURE.md are those of .dependency-cruiser.cjs. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from './support/pages.ts';

interface Rule {
  readonly name: string;
  readonly to: { readonly pathNot?: readonly string[] };
}
const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as { forbidden: readonly Rule[] };

/** Which folders each may import, by the rules themselves. */
const prefix = 'imports-of-';
const names = forbidden.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name.slice(prefix.length));
const allowed = new Map(
  names.map((name) => {
    const { pathNot = [] } = forbidden.find((rule) => rule.name === prefix + name)?.to ?? {};
    const mayImport = (other: string) => pathNot.some((path) => new RegExp(path).test(`src/${other}/file.ts`));
    return [name, names.filter((other) => other !== name && mayImport(other))] as const;
  }),
);
const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

describe('ARCHITECTURE.md', () => {
  it('draws the arrows from which all other imports follow', () => {
    const [, picture] = /```mermaid\n([\s\S]*?)```/.exec(text) ?? [];
    const drawn = [...picture.matchAll(/^ *(\w+) --> (.*)$/gm)].flatMap(([, from, to]) =>
      to.split(' & ').map((one) => `${from} --> ${one}`),
    );
    const needed = [...allowed].flatMap(([from, direct]) =>
      direct
        .filter((to) => !direct.some((between) => allowed.get(between)?.includes(to)))
        .map((to) => `${from} --> ${to}`),
    );
    assert.deepEqual(drawn.sort(), needed.sort());
  });

  it('describes every folder of src', () => {
    const described = [...text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, folder]) => folder);
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(described.sort(), folders.map(({ name }) => name).sort());
  });
});
