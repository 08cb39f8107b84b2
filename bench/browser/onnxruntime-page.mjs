/** In the page: onnxruntime-web on WebAssembly, with SIMD and threads. bench/ours/browser.ts opens it. */
const library = '/onnxruntime/ort.wasm.min.mjs';
const ort = await import(library);
let session;
let feeds;

const run = () => session.run(feeds);

globalThis.bench = {
  async load(threads, given) {
    ort.env.wasm.numThreads = threads;
    const model = new Uint8Array(await (await fetch('/model')).arrayBuffer());
    session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
      // As in src/adapters/node/ort-worker.ts.
      enableMemPattern: false,
      logSeverityLevel: 3,
    });
    feeds = {};
    for (const [name, { shape, data }] of Object.entries(given)) feeds[name] = new ort.Tensor('float32', data, shape);
  },
  async check() {
    const outputs = Object.entries(await run());
    return Object.fromEntries(outputs.map(([name, { dims, data }]) => [name, { shape: dims, data }]));
  },
  async run() {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
  },
};
