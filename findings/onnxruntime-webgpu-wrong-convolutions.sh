#!/usr/bin/env bash
# onnxruntime-node 1.30.0, WebGPU (SwiftShader of Debian's chromium 156, in software), 2026-12-01: for some numbers of channels a
# convolution is wrong, without an error. Beside it the CPU's result, which is right.
#
# Grouped: wrong exactly when the outputs a group are 4 or more, and no multiple of the largest of 4, 2, 1 that divides all
# outputs. (250 combinations at 6x7 pixels, 60 at 64x64 and 35 at 256x256 showed no exception.)
# Plain: wrong when the input channels are a multiple of 3 above 3 but not of 4, the outputs a multiple of 4, and the
# kernel is larger than 1x1 (microsoft/onnxruntime issue 29651 names the input channels only).
# Padding weights with zero kernels to a multiple of 4 outputs a group, or inputs to a multiple of 4, is a way out.
#
# Output seen, largest difference from the CPU:
#   6 -> 12 channels, 2 groups, 3x3   wrong
#   8 -> 20 channels, 4 groups, 3x3   wrong
#   8 -> 8 channels, 8 groups, 3x3    right
#   6 -> 4 channels, plain, 3x3       wrong
#   6 -> 5 channels, plain, 3x3       right
#   6 -> 4 channels, plain, 1x1       right
#   12 -> 4 channels, plain, 3x3      right
#
# Needs a Vulkan driver: `apt-get install chromium` brings one in software, which is used where VK_ICD_FILENAMES is not set.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1
export VK_ICD_FILENAMES="${VK_ICD_FILENAMES:-/usr/lib/chromium/vk_swiftshader_icd.json}"
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}:/usr/lib/chromium"
cat >finding.mjs <<'JS'
import assert from 'node:assert/strict';
import proto from 'onnx-proto';
import ort from 'onnxruntime-node';

const { onnx } = proto;
const value = (name, shape) => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: shape.map((d) => ({ dimValue: d })) } } },
});
const ints = (name, ...numbers) => ({ name, type: 7, ints: numbers });
/** Numbers between -1 and 1 that look random and are the same everywhere. */
const numbers = (count, seed) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed) % 1);

async function difference({ inputs, outputs, group = 1, kernel = 3 }) {
  const pad = (kernel - 1) / 2;
  const dims = [outputs, inputs / group, kernel, kernel];
  const w = { name: 'w', dims, dataType: 1, floatData: [...numbers(dims.reduce((a, b) => a * b), 1)] };
  const attribute = [{ name: 'group', type: 2, i: group }, ints('kernel_shape', kernel, kernel), ints('pads', pad, pad, pad, pad)];
  const node = [{ opType: 'Conv', input: ['x', 'w'], output: ['y'], attribute }];
  const graph = { name: 'g', node, input: [value('x', [1, inputs, 6, 7])], output: [value('y', [1, outputs, 6, 7])], initializer: [w] };
  const bytes = onnx.ModelProto.encode(
    onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }),
  ).finish();
  const run = async (provider) => {
    const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider] });
    const x = new ort.Tensor('float32', numbers(inputs * 42, 2), [1, inputs, 6, 7]);
    return (await session.run({ x })).y.data;
  };
  const [right, given] = [await run('cpu'), await run('webgpu')];
  return Math.max(...right.map((number, i) => Math.abs(number - given[i])));
}

const cases = [
  [{ inputs: 6, outputs: 12, group: 2 }, 'wrong'],
  [{ inputs: 8, outputs: 20, group: 4 }, 'wrong'],
  [{ inputs: 8, outputs: 8, group: 8 }, 'right'],
  [{ inputs: 6, outputs: 4 }, 'wrong'],
  [{ inputs: 6, outputs: 5 }, 'right'],
  [{ inputs: 6, outputs: 4, kernel: 1 }, 'right'],
  [{ inputs: 12, outputs: 4 }, 'right'],
];
for (const [convolution, expected] of cases) {
  const off = await difference(convolution);
  console.log(JSON.stringify(convolution), 'differs by', off);
  assert.equal(off > 0.01 ? 'wrong' : 'right', expected);
}
process.exit(0);
JS
node finding.mjs
