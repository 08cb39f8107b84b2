/**
 * Imports go one way, folder by folder. The table says of each folder of src which others it may import; the folders form a
 * graph without cycles, and `npm run check:layers` prints it. Node's modules, native packages and the runtimes are reached
 * only through src/adapters and src/cli, so that everything else runs in a browser unchanged.
 * test/layers.test.ts shows that each rule fires.
 */
const mayImport = {
  math: [],
  graph: ['math'],
  diffusion: ['math'],
  data: ['math'],
  nn: ['graph', 'math'],
  onnx: ['graph', 'math'],
  wasm: ['graph', 'math'],
  runtime: ['graph', 'math'],
  testing: ['runtime', 'graph', 'math'],
  ort: ['runtime', 'wasm', 'onnx', 'graph', 'math'],
  networks: ['nn', 'graph', 'math'],
  model: ['networks', 'nn', 'graph', 'diffusion', 'data', 'math'],
  metrics: ['runtime', 'nn', 'graph', 'data', 'math'],
  checkpoint: ['model', 'networks', 'nn', 'diffusion', 'math'],
  sample: ['model', 'networks', 'runtime', 'nn', 'graph', 'diffusion', 'data', 'math'],
  train: ['checkpoint', 'model', 'networks', 'runtime', 'onnx', 'nn', 'graph', 'diffusion', 'data', 'math'],
  experiment: ['train', 'metrics', 'runtime', 'data', 'math'],
};
/** Everything that runs on any platform. */
const core = Object.keys(mayImport);
// Whoever opens a runtime passes it on: an operation knows neither which one it is nor how it is tested.
mayImport.operations = core.filter((name) => !['ort', 'testing', 'wasm'].includes(name));
mayImport.adapters = [...core, 'operations'];
mayImport.cli = [...core, 'operations', 'adapters'];
/**
 * What `import 'rddm…'` gives: files in src itself, one an entry point (index.ts is `rddm`, graph.ts `rddm/graph` …), so that
 * whoever opens src sees what the package offers. They gather from every folder, and no row lets a folder import them.
 */
const entries = '^src/[^/]+\\.ts$';

const folder = (name) => `^src/${name}/`;
const folders = (names) => `^src/(${names.join('|')})/`;
/** An npm package, wherever node_modules stands. */
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;
/** Tests may import whatever they compare with. */
const tests = '\\.test\\.ts$';

const oneWay = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `imports-of-${name}`,
  comment: `src/${name} may import ${allowed.join(', ') || 'nothing'}; move the shared part to a folder that both may import.`,
  severity: 'error',
  from: { path: folder(name), pathNot: tests },
  to: { path: '^src/', pathNot: [folder(name), ...(allowed.length > 0 ? [folders(allowed)] : [])] },
}));

module.exports = {
  forbidden: [
    ...oneWay,
    {
      name: 'folder-without-row',
      comment: 'Every folder of src has a row in the table.',
      severity: 'error',
      from: { path: '^src/', pathNot: [folders(Object.keys(mayImport)), entries] },
      to: {},
    },
    {
      name: 'entries-without-platform',
      comment: 'An entry point with a platform has its name; the others load everywhere.',
      severity: 'error',
      from: { path: entries, pathNot: '^src/(node|web)\\.ts$' },
      to: { path: folders(['adapters', 'cli']) },
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
      to: { path: packages('sharp', 'onnxruntime-[^/]+', 'koffi'), pathNot: packages('onnxruntime-common') },
    },
    {
      name: 'onnxruntime-types-in-ort-only',
      comment: 'Everything else speaks of programs; src/ort is the place for ONNX Runtime.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(adapters|cli|ort)/', tests] },
      to: { path: packages('onnxruntime-common') },
    },
    {
      name: 'onnxruntime-only-as-types',
      comment: 'Sessions and tensors are classes of a platform; an adapter passes them in.',
      severity: 'error',
      from: { path: '^src/ort/', pathNot: tests },
      to: { path: packages('onnxruntime-common'), dependencyTypesNot: ['type-only'] },
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
      from: { path: '^src/adapters/web/', pathNot: tests },
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
