#!/usr/bin/env bash
# onnxruntime-web 1.30.0 (wasm) beside onnxruntime-node 1.30.0 (CPU), 2026-12-01: a result written into a given tensor is lost.
#
# `session.run(feeds, fetches)` takes tensors to write the results into. onnxruntime-node fills them. onnxruntime-web returns the
# given tensor as the result, untouched: the computed numbers are nowhere, and no error says so.
#
# Output seen for x + x of 1 2 3 4:
#   node: given tensor 2 4 6 8
#   web:  given tensor 0 0 0 0, returned 0 0 0 0
#   web without a given tensor: returned 2 4 6 8
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
const bytes = model([{ opType: 'Add', input: ['x', 'x'], output: ['y'] }], [value('x', [2, 2])], [value('y', [2, 2])]);
const run = async (ort, provider, isGiven) => {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider] });
  const given = new ort.Tensor('float32', new Float32Array(4), [2, 2]);
  const x = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
  const { y } = await session.run({ x }, isGiven ? { y: given } : { y: null });
  return { given: [...given.data], returned: [...y.data] };
};
const [zeros, sums] = [[0, 0, 0, 0], [2, 4, 6, 8]];
const seen = { node: await run(node, 'cpu', true), web: await run(web, 'wasm', true), alone: await run(web, 'wasm', false) };
console.log(seen);
assert.deepEqual(seen, { node: { given: sums, returned: sums }, web: { given: zeros, returned: zeros }, alone: { given: zeros, returned: sums } });
JS
node finding.mjs
