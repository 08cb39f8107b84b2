#!/usr/bin/env bash
# onnxruntime-node 1.30.0, CPU, 2026-12-01: a Pad of zeros in front of a MaxPool gives other numbers once the graph is optimised.
#
# The optimiser Pad_Fusion moves the zeros into the pool's own `pads`. But a pool pads with minus infinity, not with zeros, so
# the result changes wherever all values of a window are negative. No warning; `graphOptimizationLevel` from `basic` on.
# A way out: extra.optimization.disable_specified_optimizers = "Pad_Fusion".
#
# Output seen:
#   disabled  0 0 0 0 -1 0 0 0 0
#   basic     -1 -1 -2 -1 -1 -2 -3 -3 -4
#   all       -1 -1 -2 -1 -1 -2 -3 -3 -4
#   all, without Pad_Fusion  0 0 0 0 -1 0 0 0 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1
cat >finding.mjs <<'JS'
import assert from 'node:assert/strict';
import proto from 'onnx-proto';
import ort from 'onnxruntime-node';

const { onnx } = proto;
const value = (name, shape) => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: shape.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d })) } } },
});
const model = (node, input, output, initializer = []) =>
  onnx.ModelProto.encode(
    onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph: { name: 'g', node, input, output, initializer } }),
  ).finish();

const pads = { name: 'pads', dims: [8], dataType: 7, int64Data: [0, 0, 1, 1, 0, 0, 1, 1] };
const ints = (name, ...numbers) => ({ name, type: 7, ints: numbers });
const bytes = model(
  [
    { opType: 'Pad', input: ['x', 'pads'], output: ['padded'] },
    { opType: 'MaxPool', input: ['padded'], output: ['y'], attribute: [ints('kernel_shape', 2, 2), ints('strides', 1, 1)] },
  ],
  [value('x', [1, 1, 2, 2])],
  [value('y', [1, 1, 3, 3])],
  [pads],
);
const run = async (options) => {
  const session = await ort.InferenceSession.create(bytes, options);
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(-1, -2, -3, -4), [1, 1, 2, 2]) });
  return [...y.data];
};
const padded = [0, 0, 0, 0, -1, 0, 0, 0, 0];
const wrong = [-1, -1, -2, -1, -1, -2, -3, -3, -4];
const seen = {
  disabled: await run({ graphOptimizationLevel: 'disabled' }),
  basic: await run({ graphOptimizationLevel: 'basic' }),
  all: await run({ graphOptimizationLevel: 'all' }),
  'all, without Pad_Fusion': await run({ extra: { optimization: { disable_specified_optimizers: 'Pad_Fusion' } } }),
};
for (const [level, numbers] of Object.entries(seen)) console.log(level, ' ', numbers.join(' '));
assert.deepEqual(seen, { disabled: padded, basic: wrong, all: wrong, 'all, without Pad_Fusion': padded });
JS
node finding.mjs
