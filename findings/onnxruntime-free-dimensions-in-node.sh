#!/usr/bin/env bash
# onnxruntime-node and onnxruntime-web 1.30.0, 2026-12-01: `freeDimensionOverrides` works in the browser's build only.
#
# Both packages have the session option in the same types. onnxruntime-web fixes the dimension: the input's shape shows the number,
# and another size is refused. onnxruntime-node takes the option and ignores it: the shape stays symbolic, and any size runs.
#
# Output seen:
#   node: shape [N, 2], ran with N = 2
#   web:  shape [1, 2], refused N = 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnxruntime-web@1.30.0 onnx-proto@8.0.1
cat >finding.mjs <<'JS'
import assert from 'node:assert/strict';
import proto from 'onnx-proto';
import node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';

const { onnx } = proto;
const value = (name, shape) => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: shape.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d })) } } },
});
const model = (node, input, output, initializer = []) =>
  onnx.ModelProto.encode(
    onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph: { name: 'g', node, input, output, initializer } }),
  ).finish();

web.env.wasm.numThreads = 1;
web.env.logLevel = 'fatal';
const bytes = model([{ opType: 'Add', input: ['x', 'x'], output: ['y'] }], [value('x', ['N', 2])], [value('y', ['N', 2])]);
const tryWith = async (ort, provider) => {
  const options = { executionProviders: [provider], freeDimensionOverrides: { N: 1 } };
  const session = await ort.InferenceSession.create(bytes, options);
  const x = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
  const outcome = await session.run({ x }).then(() => 'ran', () => 'refused');
  return `shape [${session.inputMetadata[0].shape.join(', ')}], ${outcome} N = 2`;
};
const seen = { node: await tryWith(node, 'cpu'), web: await tryWith(web, 'wasm') };
console.log(seen);
assert.deepEqual(seen, { node: 'shape [N, 2], ran N = 2', web: 'shape [1, 2], refused N = 2' });
JS
node finding.mjs
