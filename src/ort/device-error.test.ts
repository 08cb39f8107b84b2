import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceError, runtimeError } from './device-error.ts';

test('a device that is not there is named by the first line alone', () => {
  const { message } = deviceError(
    'Failed to get a WebGPU adapter: no supported adapters.\n at operator() (context.cc:123)\n',
  );
  assert.equal(
    message,
    'onnxruntime: expected a graphics device for WebGPU, got none (Failed to get a WebGPU adapter: no supported adapters.); install its driver, or use the device cpu',
  );
});

test('a device without 16 bits is named, with what to do', () => {
  assert.match(
    deviceError('it requires f16 but the device does not support it').message,
    /shader-f16.*precision float32$/,
  );
});

test("what we have no words for keeps ONNX Runtime's", () => {
  assert.equal(deviceError('out of memory').message, runtimeError('out of memory').message);
});

test('a long text keeps its beginning and its end', () => {
  const { message } = runtimeError(`the shape ${'1,'.repeat(5000)} does not fit\nat node 7`);
  assert.ok(message.length < 700 && !message.includes('\n'));
  assert.match(message, /^onnxruntime: the shape 1,1.*does not fit\\nat node 7$/);
});
