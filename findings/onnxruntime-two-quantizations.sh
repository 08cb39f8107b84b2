#!/usr/bin/env bash
# onnxruntime-node 1.30.0, CPU, 2026-12-01: of two quantisations in a row, the optimised graph keeps only the second.
#
# QuantizeLinear and DequantizeLinear with scale 1, then again with scale 0.25: the first rounds to whole numbers, so nothing
# behind it can have a fraction. DoubleQDQPairsRemover joins the pairs to one and keeps the finer scale, so the rounding to whole
# numbers is gone. A graph that emulates 8-bit arithmetic gets other values, from `graphOptimizationLevel` `basic` on.
# A way out: extra.optimization.disable_specified_optimizers = "DoubleQDQPairsRemover".
#
# Output seen for 0.3 0.6 1.3 2.7:
#   disabled  0 1 1 3
#   all       0.25 0.5 1.25 2.75
#   all, without DoubleQDQPairsRemover  0 1 1 3
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

const pair = (x, scale, y) => [
  { opType: 'QuantizeLinear', input: [x, scale, 'zero'], output: [`${y}_integer`] },
  { opType: 'DequantizeLinear', input: [`${y}_integer`, scale, 'zero'], output: [y] },
];
const scale = (name, number) => ({ name, dims: [], dataType: 1, floatData: [number] });
const bytes = model(
  [...pair('x', 'coarse', 'whole'), ...pair('whole', 'fine', 'y')],
  [value('x', [4])],
  [value('y', [4])],
  [scale('coarse', 1), scale('fine', 0.25), { name: 'zero', dims: [], dataType: 2, int32Data: [128] }],
);
const run = async (options) => {
  const session = await ort.InferenceSession.create(bytes, options);
  return [...(await session.run({ x: new ort.Tensor('float32', Float32Array.of(0.3, 0.6, 1.3, 2.7), [4]) })).y.data];
};
const seen = {
  disabled: await run({ graphOptimizationLevel: 'disabled' }),
  all: await run({ graphOptimizationLevel: 'all' }),
  without: await run({ extra: { optimization: { disable_specified_optimizers: 'DoubleQDQPairsRemover' } } }),
};
for (const [level, numbers] of Object.entries(seen)) console.log(level, ' ', numbers.join(' '));
assert.deepEqual(seen, { disabled: [0, 1, 1, 3], all: [0.25, 0.5, 1.25, 2.75], without: [0, 1, 1, 3] });
JS
node finding.mjs
