/**
 * Every example that a reader can copy runs: the `@example` blocks of the sources' docstrings, and the blocks of
 * README.md and docs that import this package. Each becomes a module of its own in .cache/examples (ignored by git)
 * with the names of the package's entry points pointing at the sources; all are type-checked together, then run one after the other
 * with the repository as working directory.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache', 'examples');
const entries: Readonly<Record<string, string>> = {
  rddm: 'src/index.ts',
  'rddm/graph': 'src/graph.ts',
  'rddm/node': 'src/node.ts',
  'rddm/testing': 'src/testing.ts',
};

/** A runnable block and where it stands, `file:line` of its first line. */
interface Example {
  readonly origin: string;
  readonly code: string;
}

/** Files below a folder (or nothing, where it does not exist) as paths from the root with forward slashes. */
function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .map((path) => `${folder}/${String(path).replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith(ending))
    .sort();
}

/** The fenced ts blocks of a text; in sources only those below an `@example`, without the comment's stars. */
function examplesOf(file: string): Example[] {
  const inSource = file.endsWith('.ts');
  const examples: Example[] = [];
  let afterTag = !inSource;
  let block: { start: number; lines: string[] } | undefined;
  readFileSync(join(root, file), 'utf8')
    .split(/\r?\n/)
    .forEach((text, index) => {
      if (inSource && !/^\s*\/?\*/.test(text)) afterTag = false;
      const line = inSource ? text.replace(/^\s*\* ?/, '') : text;
      if (inSource && line.startsWith('@')) afterTag = line.startsWith('@example');
      if (block && /^\s*```\s*$/.test(line)) {
        const code = `${block.lines.join('\n')}\n`;
        if (inSource || /from 'rddm['/]/.test(code)) examples.push({ origin: `${file}:${block.start}`, code });
        block = undefined;
      } else if (block) block.lines.push(line);
      else if (afterTag && /^\s*```(ts|typescript)\b/.test(line)) block = { start: index + 2, lines: [] };
    });
  return examples;
}

/** Where an example is written as a module. */
const moduleOf = ({ origin }: Example): string => join(cache, `${origin.replace(/\W+/g, '_')}.ts`);

/** The code with the package's names replaced by paths of its sources. */
const linked = ({ code }: Example): string =>
  code.replace(/(from|import) '(rddm(?:\/\w+)?)'/g, (whole, keyword, name) =>
    entries[name] ? `${keyword} '../../${entries[name]}'` : whole,
  );

const sources = filesBelow('src', '.ts').filter((file) => !file.endsWith('.test.ts'));
const examples = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...filesBelow('docs', '.md'), ...sources]
  .filter((file) => existsSync(join(root, file)))
  .flatMap(examplesOf);

rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });
for (const example of examples) writeFileSync(moduleOf(example), linked(example));

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram(
  [...examples.map(moduleOf), ...Object.values(entries).map((path) => join(root, path))],
  {
    ...options,
    noEmit: true,
  },
);

/** What the compiler says of one example, with line numbers of the place where it stands. */
function complaintsAbout(example: Example): string[] {
  const file = program.getSourceFile(moduleOf(example));
  const firstLine = Number(example.origin.split(':').at(-1));
  assert.ok(file);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ messageText, start }) => {
      const line = firstLine + (start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0);
      return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    },
  );
}

describe('examples', () => {
  test('there are some', () => assert.ok(examples.length > 0));
  for (const example of examples) {
    test(example.origin, { timeout: 120_000 }, async () => {
      assert.match(example.code, /from 'rddm['/]/, 'an example imports what it shows from an entry point of rddm');
      assert.deepEqual(complaintsAbout(example), []);
      await import(pathToFileURL(moduleOf(example)).href);
    });
  }
});

test('every name that the package exports has one home', () => {
  const checker = program.getTypeChecker();
  const homes = new Map<string, string[]>();
  for (const [entry, path] of Object.entries(entries)) {
    const file = program.getSourceFile(join(root, path));
    const index = file && checker.getSymbolAtLocation(file);
    for (const { name } of index ? checker.getExportsOfModule(index) : [])
      homes.set(name, [...(homes.get(name) ?? []), entry]);
  }
  assert.deepEqual(
    [...homes].filter(([, found]) => found.length > 1),
    [],
  );
});

test('every function that the package exports shows an example', () => {
  const checker = program.getTypeChecker();
  const without: string[] = [];
  for (const path of Object.values(entries)) {
    const file = program.getSourceFile(join(root, path));
    assert.ok(file, `${path} is missing`);
    const index = checker.getSymbolAtLocation(file);
    for (const exported of index ? checker.getExportsOfModule(index) : []) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!symbol.valueDeclaration) continue;
      const isFunction = checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0;
      const tags = symbol.getJsDocTags(checker).map(({ name }) => name);
      if (isFunction && !tags.includes('example')) {
        without.push(`${exported.name} (${basename(symbol.valueDeclaration.getSourceFile().fileName)})`);
      }
    }
  }
  assert.deepEqual(without, []);
});
