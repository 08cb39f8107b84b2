/**
 * Imports go one way. The table below is the rule: a file may import from its own row and from the rows
 * above it, never from a row below. Node's modules, native packages and the runtimes are reached only
 * through src/adapters and src/cli, so that everything else runs in a browser unchanged.
 * test/layers.test.ts shows that each rule fires.
 */
const layers = [
  ['math'],
  ['diffusion', 'graph', 'data'],
  ['model', 'onnx', 'wasm', 'nn', 'runtime'],
  ['train', 'sample', 'checkpoint', 'metrics'],
  ['index\\.ts'],
  ['adapters'],
  ['cli', 'studio'],
];

const anyOf = (names) => `^src/(${names.join('|')})(/|$)`;
/** An npm package, wherever node_modules stands. */
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;
/** Tests may import whatever they compare with. */
const tests = '\\.test\\.ts$';

const oneWay = layers.slice(0, -1).map((row, index) => ({
  name: `layer-${row.map((name) => name.replace(/\W.*/, '')).join('-')}`,
  comment: 'Imports go one way; move the shared part up to the layer both may use.',
  severity: 'error',
  from: { path: anyOf(row), pathNot: tests },
  to: { path: anyOf(layers.slice(index + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...oneWay,
    {
      name: 'folder-without-layer',
      comment: 'Every folder of src has a row in the table of layers.',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf(layers.flat()) },
      to: {},
    },
    {
      name: 'no-cycle',
      comment: 'Two files that need each other are one idea, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Nothing imports it and it imports nothing: it is dead.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'platform-in-adapters-only',
      comment: 'The library runs in a browser too; put it behind an interface that src/adapters fulfils.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(adapters|cli)/', tests] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'native-in-adapters-only',
      comment: 'Images and networks of one platform stay behind an adapter.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(adapters|cli)/', tests] },
      to: { path: packages('sharp', 'onnxruntime-[^/]+', 'koffi') },
    },
    {
      name: 'commander-in-cli-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: packages('commander') },
    },
    {
      name: 'adapters-apart',
      comment: 'The adapter of one platform knows nothing of the other.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/[^/]+/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'web-without-node',
      severity: 'error',
      from: { path: '^src/(adapters/web|studio)/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-test-in-source',
      comment: 'What a test and a source share belongs into a source.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: [tests, '^(test|bench|scripts|examples)/'] },
    },
    {
      name: 'no-development-package',
      comment: 'It would be missing where the package is installed.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
