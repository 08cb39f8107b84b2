/**
 * Inference in float16: which values have which format, that the shipped model predicts the same with it, and that
 * unsupported cases are refused. onnxruntime's CPU has no float16 arithmetic, but rounds each value to float16 where
 * the graph says so, which checks the graph; a graphics device computes in it if it can.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { findModel, openModel } from '../src/adapters/node/files/open-model.ts';
import { openRuntime } from '../src/adapters/node/ort/open-runtime.ts';
import { add, feed, multiply, state } from '../src/graph/build.ts';
import { createProgram } from '../src/graph/program.ts';
import { normalTensor } from '../src/math/random.ts';
import type { Tensor, TensorMap } from '../src/math/tensor.ts';
import { emit, lowerProgram } from '../src/onnx/emit.ts';
import { elementTypes } from '../src/onnx/model.ts';
import type { Precision } from '../src/onnx/precision.ts';
import { inferenceProgram } from '../src/sample/network-denoiser.ts';
import { whyNoWebgpu } from './support/webgpu.ts';

const { config, weights } = await openModel(await findModel('derain', 'test'));
const program = inferenceProgram(config, weights, [1, 3, 16, 24]);
const feeds: TensorMap = Object.fromEntries(
  Object.entries(program.feeds).map(([name, { shape }]) => {
    const { data } = normalTensor(shape, 1, [name]);
    return [name, { shape, data: data.map((value) => value / 2) }];
  }),
);

/** The largest and the root mean square difference of two predictions. */
function differences(a: Tensor, b: Tensor): { largest: number; typical: number } {
  const all = a.data.map((value, i) => Math.abs(value - b.data[i]));
  const squares = all.reduce((total, value) => total + value * value, 0);
  return { largest: Math.max(...all), typical: Math.sqrt(squares / all.length) };
}

/** The residual, in [-1, 1], by the graph for the CPU. */
async function predictHere(precision: Precision): Promise<Tensor> {
  const session = await InferenceSession.create(emit(program, 'cpu', { precision }));
  const inputs = Object.entries(feeds).map(([name, { shape, data }]) => [
    name,
    new OrtTensor('float32', data, [...shape]),
  ]);
  const { residual } = await session.run(Object.fromEntries(inputs));
  await session.release();
  return { shape: residual.dims, data: residual.data as Float32Array<ArrayBuffer> };
}

test('convolutions are float16, sums and statistics float32, and no operator gets both', () => {
  const { nodes, initializers, inputs, outputs } = lowerProgram(program, 'webgpu', { precision: 'float16' });
  const formats = new Map<string, string>(inputs.map(({ name }) => [name, 'float32']));
  for (const { name, data } of initializers) {
    const format = { Float32Array: 'float32', Uint16Array: 'float16', BigInt64Array: 'integers' }[
      data.constructor.name
    ];
    formats.set(name, format as string);
  }
  const seen: Record<string, Set<string>> = {};
  for (const { opType, inputs: read, outputs: made, attributes } of nodes) {
    const [format, ...others] = new Set(
      read.map((name) => formats.get(name)).filter((one) => one && one !== 'integers'),
    );
    // The sizes that Resize reads are float32 in any case.
    if (opType !== 'Resize') assert.deepEqual(others, [], opType);
    seen[opType] = (seen[opType] ?? new Set()).add(format as string);
    const { to } = attributes as { to?: { int: number } };
    formats.set(made[0], to ? (to.int === elementTypes.float16 ? 'float16' : 'float32') : (format as string));
  }
  assert.deepEqual([...seen.Conv], ['float16']);
  for (const op of ['MatMul', 'Softmax', 'InstanceNormalization', 'ReduceSum', 'Div']) {
    assert.deepEqual([...seen[op]], ['float32'], op);
  }
  assert.ok(seen.Add.has('float16') && seen.Concat.has('float16') && seen.Sigmoid.has('float16'));
  for (const { name } of outputs) assert.equal(formats.get(name), 'float32');
});

test('the shipped model predicts the same, approximately', async () => {
  const { largest, typical } = differences(await predictHere('float32'), await predictHere('float16'));
  // A step of 8 bits is 0.008 here.
  assert.ok(typical > 0 && typical < 0.001 && largest < 0.01, `differs by ${typical}, at most by ${largest}`);
});

describe('float16 is refused', () => {
  test('on a device without it', () => {
    for (const device of ['cpu', 'reference'] as const) {
      assert.throws(() => openRuntime(device, 'float16'), {
        name: 'RddmError',
        message: /: expected device webgpu for precision float16, got (cpu|reference); use precision float32$/,
      });
    }
  });

  test('for training', async () => {
    const w = state('w', []);
    const step = createProgram('step', {}, { w: add(w, multiply(feed('x', []), 0.5)) });
    const runtime = openRuntime('webgpu', 'float16');
    after(() => runtime.close());
    await assert.rejects(runtime.load({ step }, { w: { shape: [], data: Float32Array.of(1) } }), {
      name: 'RddmError',
      message: 'load: expected programs without states for precision float16, got some with; train in float32',
    });
  });
});

test('a graphics device computes in float16, or says that it cannot', {
  skip: await whyNoWebgpu(),
}, async (context) => {
  const runtime = openRuntime('webgpu', 'float16');
  after(() => runtime.close());
  const predict = async (): Promise<Tensor> => {
    const executable = await runtime.load({ denoise: program });
    return (await executable.run('denoise', feeds)).residual;
  };
  const result = await predict().catch((error: Error) => error);
  if (result instanceof Error) {
    context.diagnostic('this device has no shader-f16');
    assert.equal(
      `${result.name}: ${result.message}`,
      'RddmError: onnxruntime: expected a graphics device that computes in 16 bits (shader-f16) for precision float16, ' +
        'got one that does not; use precision float32',
    );
  } else {
    const { largest, typical } = differences(await predictHere('float32'), result);
    assert.ok(typical > 0 && typical < 0.002 && largest < 0.02, `differs by ${typical}, at most by ${largest}`);
  }
});
