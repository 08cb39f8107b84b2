/**
 * Checks the imports of the given folders: file by file by the rules of .dependency-cruiser.cjs, then that the folders of src form
 * a graph without cycles. It prints that graph: `graph ← nn onnx` says that nn and onnx import graph. Tests do not count.
 */
import { createRequire } from 'node:module';
import { cruise, format } from 'dependency-cruiser';

const folderOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1] ?? /^src\/([^/]+\.ts)$/.exec(path)?.[1];
const isTest = (path) => path.endsWith('.test.ts');

/** Which folders (and entry points) of src each imports. */
function folderGraph(modules) {
  const graph = new Map();
  for (const { source, dependencies } of modules) {
    const from = folderOf(source);
    if (from === undefined || isTest(source)) continue;
    const imported = graph.get(from) ?? new Set();
    graph.set(from, imported);
    for (const { resolved } of dependencies) {
      const to = folderOf(resolved);
      if (to !== undefined && to !== from) imported.add(to);
    }
  }
  return graph;
}

/** The folders, each after all that it imports, or a cycle among them. */
function orderOf(graph) {
  const order = [];
  const path = [];
  const visit = (folder) => {
    if (order.includes(folder)) return undefined;
    const start = path.indexOf(folder);
    if (start >= 0) return [...path.slice(start), folder];
    path.push(folder);
    for (const imported of graph.get(folder) ?? []) {
      const cycle = visit(imported);
      if (cycle) return cycle;
    }
    path.pop();
    order.push(folder);
    return undefined;
  };
  for (const folder of [...graph.keys()].sort()) {
    const cycle = visit(folder);
    if (cycle) return { cycle };
  }
  return { order };
}

/** A line a folder: who imports it. */
function showGraph(graph, order) {
  const width = Math.max(...order.map((folder) => folder.length));
  return order
    .map((folder) => {
      const importers = order.filter((other) => graph.get(other)?.has(folder));
      return `${folder.padEnd(width)} ← ${importers.join(' ') || '·'}`;
    })
    .join('\n');
}

const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const { output } = await cruise(process.argv.slice(2), {
  ...options,
  validate: true,
  ruleSet: { forbidden, options },
});
const { output: violations, exitCode } = await format(output, { outputType: 'err-long' });
const graph = folderGraph(output.modules);
const { order, cycle } = orderOf(graph);
console.log(violations);
console.log(cycle ? `The folders of src import each other: ${cycle.join(' → ')}` : showGraph(graph, order));
process.exitCode = cycle || exitCode > 0 ? 1 : 0;
