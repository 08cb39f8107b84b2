#!/usr/bin/env bash
# onnxruntime-node 1.30.0, CPU, 2026-12-01: means over a photograph of 24 megapixels are wrong, and so are its norms.
#
# float32 sums over 24 million values lose their small parts. The mean of 24 million times 200.5 comes out as 197.2 by
# ReduceMean and as 199.8 by GlobalAveragePool. InstanceNormalization of a plane that alternates between 100 and 101, which is -1
# and 1 when normalised, gives 0.81 and 1.17: the mean itself is off by more than the deviation. Nothing warns.
# A way out: reduce along the rows first, then along the columns.
#
# Output seen (the last digits depend on the processor's vectors; the test allows for that):
#   ReduceMean 197.24, GlobalAveragePool 199.84, rows then columns 200.5
#   InstanceNormalization 0.81 1.17
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

const [height, width] = [4000, 6000];
const shape = [1, 1, height, width];
const axes = (...numbers) => [{ name: 'axes', type: 7, ints: numbers }, { name: 'keepdims', type: 2, i: 1 }];
const run = async (node, of, outputShape, initializer) => {
  const session = await ort.InferenceSession.create(model(node, [value('x', shape)], [value('y', outputShape)], initializer));
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.from({ length: height * width }, of), shape) });
  return [y.data[0], y.data[1]];
};
const even = () => 200.5;
const point = [1, 1, 1, 1];
const [reduced] = await run([{ opType: 'ReduceMean', input: ['x'], output: ['y'], attribute: axes(2, 3) }], even, point);
const [pooled] = await run([{ opType: 'GlobalAveragePool', input: ['x'], output: ['y'] }], even, point);
const rows = [
  { opType: 'ReduceMean', input: ['x'], output: ['rows'], attribute: axes(3) },
  { opType: 'ReduceMean', input: ['rows'], output: ['y'], attribute: axes(2) },
];
const [inRows] = await run(rows, even, point);
const one = (name, number) => ({ name, dims: [1], dataType: 1, floatData: [number] });
const norm = [{ opType: 'InstanceNormalization', input: ['x', 'scale', 'bias'], output: ['y'] }];
const normalised = await run(norm, (_, i) => 100 + (i % 2), shape, [one('scale', 1), one('bias', 0)]);
console.log(`ReduceMean ${reduced}, GlobalAveragePool ${pooled}, rows then columns ${inRows}`);
console.log(`InstanceNormalization ${normalised.join(' ')}, expected -1 1`);
assert.ok(Math.abs(reduced - 200.5) > 1, 'ReduceMean is off by more than 1');
assert.ok(Math.abs(pooled - 200.5) > 0.1, 'GlobalAveragePool is off by more than 0.1');
assert.ok(Math.abs(inRows - 200.5) < 0.01, 'row by row it is right');
assert.ok(normalised[0] > 0, 'the darker pixels are normalised to above 0');
JS
node finding.mjs
