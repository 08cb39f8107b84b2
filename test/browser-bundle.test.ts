/**
 * The entry points without a platform, bundled for a browser: no module of Node, no global of Node, and they load where there
 * is none. (tsconfig.isomorphic.json holds our sources to that; this holds the packages that they import, too.)
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { type BuildFailure, build } from 'esbuild';
import ts from 'typescript';
import { root } from './support/pages.ts';

const ofNode = ['process', 'Buffer', 'global', 'require', '__dirname', '__filename', 'setImmediate', 'clearImmediate'];

/** A source as one script for a browser, which sets `bundle`; fails on modules that a browser lacks. */
async function bundled(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'bundle',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

/** The names of Node that a script reads without having declared them. */
function globalsOfNode(script: string): string[] {
  const name = '/bundle.js';
  const options = { allowJs: true, noLib: true, noResolve: true, noEmit: true, types: [] };
  const host = ts.createCompilerHost(options);
  const file = ts.createSourceFile(name, script, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  host.getSourceFile = (path) => (path === name ? file : undefined);
  const checker = ts.createProgram([name], options, host).getTypeChecker();
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isName = ts.isIdentifier(node) && ofNode.includes(node.text);
    if (isName && !checker.getSymbolAtLocation(node)) {
      const { parent } = node;
      if (!(ts.isPropertyAccessExpression(parent) && parent.name === node)) found.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found].sort();
}

describe('bundled for a browser', () => {
  for (const entry of ['index', 'graph', 'testing']) {
    it(`src/${entry}.ts needs nothing of Node`, async () => {
      const path = join(root, 'src', `${entry}.ts`);
      const script = await bundled(`export * from ${JSON.stringify(path)}`);
      assert.deepEqual(globalsOfNode(script), []);
      const page = createContext({ TextEncoder, TextDecoder, AbortController, AbortSignal, performance });
      runInContext(script, page);
      const names = runInContext('Object.keys(bundle)', page) as string[];
      assert.deepEqual([...names].sort(), Object.keys(await import(path)).sort());
    });
  }

  it('a module of Node is refused', async () => {
    const refused = (error: BuildFailure) => /Could not resolve "node:fs"/.test(error.errors[0]?.text ?? '');
    await assert.rejects(bundled("export { readFileSync } from 'node:fs';"), refused);
  });

  it('globals of Node are found, and nothing that is only called so', async () => {
    const script = 'export const a = [process.env, Buffer.from(""), typeof setImmediate, { global: 1 }.global];';
    assert.deepEqual(globalsOfNode(await bundled(script)), ['Buffer', 'process', 'setImmediate']);
    const innocent = 'export const f = (process: { require: number }) => process.require;';
    assert.deepEqual(globalsOfNode(await bundled(innocent)), []);
  });
});
