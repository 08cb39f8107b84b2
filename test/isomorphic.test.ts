/** tsconfig.isomorphic.json knows no platform: what only Node or only a page has does not compile, and it covers all but their code. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const { config } = ts.readConfigFile(join(root, 'tsconfig.isomorphic.json'), ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);

/** What the compiler says of a source with the globals of the configuration. */
function complaints(source: string): string[] {
  const host = ts.createCompilerHost(options);
  const path = join(root, 'source.ts');
  const readReally = host.getSourceFile;
  host.getSourceFile = (name, target) =>
    name === path ? ts.createSourceFile(name, source, target) : readReally(name, target);
  const globals = fileNames.filter((name) => name.endsWith('.d.ts'));
  const program = ts.createProgram([...globals, path], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('a source without a platform', () => {
  const names = ['process', 'Buffer', 'setImmediate', 'require', 'document', 'window', 'navigator', 'Worker', 'fetch'];
  for (const name of names) {
    test(`has no ${name}`, () => {
      assert.match(complaints(`export const x = ${name};`).join(), new RegExp(`Cannot find name '${name}'`));
    });
  }

  test('has what every platform has', () => {
    const bytes = 'new TextDecoder().decode(new TextEncoder().encode(""))';
    const signal = '(signal: AbortSignal) => signal.throwIfAborted()';
    assert.deepEqual(complaints(`export const x = [${bytes}, WebAssembly.Memory, ${signal}];`), []);
  });
});

test('all of src is such, but the adapters, the command line and the entry points of a platform', () => {
  const own = /^src\/(adapters|cli)\/|^src\/(node|web)\.ts$|\.test\.ts$/;
  const wanted = ts.sys
    .readDirectory(join(root, 'src'), ['.ts'])
    .filter((path) => !own.test(path.slice(root.length).replaceAll('\\', '/')));
  assert.deepEqual([...fileNames].sort(), [...wanted, join(root, 'isomorphic.d.ts')].sort());
});
