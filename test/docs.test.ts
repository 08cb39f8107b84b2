/**
 * The tables and examples of docs/formats and docs/degradations.md against the schemas that they describe, and every
 * table of the documentation as one that Markdown knows.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type DegradationKind, degradations } from '../src/data/degrade/degradation.ts';
import { settingsOf } from '../src/data/degrade/settings.ts';
import { trainConfig, trainConfigSchema } from '../src/train/config.ts';
import { lossDescriptions } from '../src/train/losses.ts';
import { pages, root } from './support/pages.ts';

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');
const degradationsText = textOf('docs/degradations.md');

/** The text below a heading, up to the next heading of its level. */
function section(heading: string, file: string): string {
  const begin = file.indexOf(`\n${heading}\n`);
  assert.notEqual(begin, -1, `no section ${heading}`);
  const text = file.slice(begin + heading.length + 2);
  const level = heading.slice(0, heading.indexOf(' ') + 1);
  const end = text.indexOf(`\n${level}`);
  return end === -1 ? text : text.slice(0, end);
}

/** The part of a field's JSON Schema that is read here. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly SchemaNode[];
  readonly default?: unknown;
}

/** A field that holds no further fields. */
interface Leaf {
  readonly path: string;
  readonly isNeeded: boolean;
  readonly default: unknown;
}

/** Every leaf of a schema; a leaf in several members of a union appears several times. */
function leavesOf(node: SchemaNode, path: string, isNeeded: boolean): Leaf[] {
  // Degradations have their own tables.
  if (path === 'data.degradation') return [{ path, isNeeded, default: undefined }];
  const members = node.oneOf ?? (node.properties ? [node] : undefined);
  if (!members) return [{ path, isNeeded, default: node.default }];
  return members.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, child]) =>
      leavesOf(child, path === '' ? name : `${path}.${name}`, required.includes(name)),
    ),
  );
}

describe('the table of the training configuration', () => {
  const text = textOf('docs/formats/training-configuration.md');
  const rows = new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, field, fallback, meaning]) => [field.replaceAll('`', ''), { fallback, meaning }]),
  );
  const schema = z.toJSONSchema(trainConfigSchema, { io: 'input' }) as SchemaNode;
  // The model has its own table.
  const leaves = leavesOf(schema, '', true).filter(({ path }) => !path.startsWith('model.'));

  for (const { path, isNeeded, default: value } of leaves) {
    it(`${path}: ${value === undefined ? (isNeeded ? 'needed' : 'none') : JSON.stringify(value)}`, () => {
      const row = rows.get(path);
      assert.ok(row, `no row for ${path}`);
      assert.ok(row.meaning.length > 0);
      if (value !== undefined) {
        assert.match(row.fallback, /^`.*`$/);
        assert.deepEqual(JSON.parse(row.fallback.slice(1, -1)), value);
      } else assert.match(row.fallback, isNeeded ? /^needed/ : /^none$/);
    });
  }

  it('names no unknown field, and none twice', () => {
    const paths = new Set(['model', ...leaves.map(({ path }) => path)]);
    assert.deepEqual([...rows.keys()].sort(), [...paths].sort());
    assert.equal(text.split('\n').filter((line) => line.startsWith('| `')).length, rows.size);
  });

  it('describes every loss in the words of the code', () => {
    assert.equal(rows.get('loss')?.meaning.replaceAll('`', ''), lossDescriptions);
  });

  it('comes with an example that is a valid configuration', () => {
    const [, json] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
    assert.ok(json);
    assert.equal(trainConfig(JSON.parse(json)).model.task, 'deraining');
  });
});

it('the table of the model names every field of config.json', () => {
  const model = (z.toJSONSchema(trainConfigSchema, { io: 'input' }) as SchemaNode).properties?.model;
  assert.ok(model);
  // A row may name several fields of one parent: `unet.dim`, `.groups`.
  const named = new Set<string>();
  for (const line of textOf('docs/formats/model.md').split('\n')) {
    if (!line.startsWith('| `')) continue;
    const names = [...line.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    const parent = names[0].split('.').slice(0, -1).join('.');
    for (const name of names) named.add(name.startsWith('.') ? `${parent}${name}` : name);
  }
  // Kinds of network share some fields.
  const paths = new Set(leavesOf(model, '', true).map(({ path }) => path));
  assert.deepEqual([...named].sort(), [...paths].sort());
});

describe('the tables of the degradations', () => {
  for (const kind of Object.keys(degradations) as DegradationKind[]) {
    it(kind, () => {
      const rows = section(`## ${kind}`, degradationsText)
        .split('\n')
        .filter((line) => line.startsWith('| `'))
        .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('−', '-')));
      const found = rows.map(([, name, fallback, values, meaning]) => {
        const value = JSON.parse(fallback.replaceAll('`', ''));
        return {
          name: name.replaceAll('`', ''),
          meaning,
          default: typeof value === 'number' ? [value, value] : value,
          ...(typeof value === 'string'
            ? { choices: values.split(', ').map((word) => JSON.parse(word.replaceAll('`', ''))) }
            : { bounds: values.split(' … ').map(Number) }),
        };
      });
      assert.deepEqual(found, settingsOf(kind));
    });
  }

  it('name every degradation and no other', () => {
    const headings = [...degradationsText.matchAll(/^## (.*)$/gm)].map(([, kind]) => kind);
    assert.deepEqual(headings.sort(), Object.keys(degradations).sort());
  });
});

describe('the tables of every page', () => {
  for (const page of pages) {
    it(`${page}: a line of --- below the head`, () => {
      const lines = textOf(page).split('\n');
      lines.forEach((line, at) => {
        // The second line of each run of lines that begin with a bar.
        if (!line.startsWith('|') || !lines[at - 1]?.startsWith('|') || lines[at - 2]?.startsWith('|')) return;
        assert.match(line, /^\|(?: *:?-{3,}:? *\|)+$/, `line ${at + 1}`);
        assert.equal(line.split('|').length, lines[at - 1].replaceAll('\\|', '').split('|').length, `line ${at + 1}`);
      });
    });
  }
});
