/** In the page: onnxruntime-web on WebAssembly, with SIMD and threads. bench/browser/onnxruntime.ts opens it. */
const library = '/onnxruntime/ort.wasm.min.mjs';
const ort = await import(library);
let session;
let feeds;

const open = async (options = {}) =>
  ort.InferenceSession.create(new Uint8Array(await (await fetch('/model')).arrayBuffer()), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    // As in src/ort/session-options.ts.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...options,
  });

async function run() {
  const began = performance.now();
  await session.run(feeds);
  return (performance.now() - began) / 1000;
}

globalThis.bench = {
  async load(threads, given) {
    ort.env.wasm.numThreads = threads;
    session = await open();
    feeds = {};
    for (const [name, { shape, data }] of Object.entries(given)) feeds[name] = new ort.Tensor('float32', data, shape);
  },
  async check() {
    const outputs = Object.entries(await session.run(feeds));
    return Object.fromEntries(outputs.map(([name, { dims, data }]) => [name, { shape: dims, data }]));
  },
  run,
  /** Writes onnxruntime's profile to the console, and returns the seconds of each run. */
  async profile(runs) {
    await session.release();
    session = await open({ enableProfiling: true });
    const seconds = [];
    for (let i = 0; i < runs; i++) seconds.push(await run());
    session.endProfiling();
    return seconds;
  },
};
