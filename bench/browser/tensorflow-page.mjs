/**
 * In the page: a stack of convolutions in TensorFlow.js on WebAssembly, with SIMD and threads. Images have channels
 * last, as it requires; the transposition is not timed.
 */
/** A classic script, which defines globals. */
const script = (src) =>
  new Promise((resolve, reject) => {
    const element = document.createElement('script');
    Object.assign(element, { src, onload: resolve, onerror: () => reject(new Error(`no ${src}`)) });
    document.head.append(element);
  });
await script('/core/tf-core.es2017.min.js');
await script('/wasm/tf-backend-wasm.es2017.min.js');
const { tf } = globalThis;
let x;
let layers;

const forward = () =>
  tf.tidy(() =>
    layers.reduce((input, { weight, bias, stride, padding }) => {
      const pad = [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ];
      const y = tf.fused.conv2d({ x: input, filter: weight, strides: stride, pad, bias });
      return tf.mul(y, tf.sigmoid(y));
    }, x),
  );

/** A result counts when a script can read it. */
async function run() {
  const y = forward();
  const data = await y.data();
  y.dispose();
  return data;
}

globalThis.bench = {
  async load(threads, feed, given) {
    // It takes every second processor for a hyperthread, and starts at most half as many threads as processors.
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * threads });
    tf.wasm.setWasmPaths('/wasm/');
    tf.wasm.setThreadsCount(threads);
    await tf.setBackend('wasm');
    await tf.ready();
    const hasSimd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
    const started = tf.wasm.getThreadsCount();
    if (!hasSimd || started !== threads)
      throw new Error(`expected SIMD and ${threads} threads, got ${hasSimd ? '' : 'no '}SIMD and ${started}`);
    x = tf.transpose(tf.tensor(feed.data, feed.shape), [0, 2, 3, 1]);
    layers = [];
    for (const { name, shape, stride, padding } of given) {
      const read = async (part) => new Float32Array(await (await fetch(`/weights/${name}.${part}`)).arrayBuffer());
      // [O, I, h, w] → [h, w, I, O]
      const weight = tf.transpose(tf.tensor(await read('weight'), shape), [2, 3, 1, 0]);
      layers.push({ weight, bias: tf.tensor(await read('bias')), stride, padding });
    }
  },
  async check() {
    const y = tf.tidy(() => tf.transpose(forward(), [0, 3, 1, 2]));
    return { y: { shape: y.shape, data: await y.data() } };
  },
  async run() {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
  },
};
