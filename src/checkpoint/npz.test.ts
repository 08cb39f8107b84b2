import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipSync } from 'fflate';
import { decodeMoments, encodeMoments } from './npz.ts';

const moments = { mean: Float64Array.of(1, -2), covariance: Float64Array.of(3, 0.1, 0.1, 5) };

test('moments survive writing and reading, and always give the same bytes', () => {
  const bytes = encodeMoments(moments);
  assert.deepEqual(decodeMoments(bytes, 'a.npz'), moments);
  assert.deepEqual(encodeMoments(moments), bytes);
});

test('arrays are recognised by their bytes, whatever a text decoder makes of 0x93', (t) => {
  /** By the WHATWG standard latin1 is windows-1252; some versions of Node decode it as ISO 8859-1. */
  class StandardDecoder extends TextDecoder {
    override decode(bytes?: Uint8Array): string {
      const text = super.decode(bytes);
      return this.encoding === 'windows-1252' ? text.replaceAll('\x93', '\u201c') : text;
    }
  }
  const { TextDecoder: given } = globalThis;
  t.after(() => Object.assign(globalThis, { TextDecoder: given }));
  Object.assign(globalThis, { TextDecoder: StandardDecoder });
  assert.deepEqual(decodeMoments(encodeMoments(moments), 'a.npz'), moments);
});

test('an array is laid out as in NumPy', () => {
  const text = Buffer.from(encodeMoments(moments)).toString('latin1');
  const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
  assert.ok(text.includes(`\x93NUMPY\x01\x00v\x00${header.padEnd(0x76 - 1)}\n`));
});

test('float32, and compressed archives', () => {
  const array = (shape: string, values: Float32Array) => {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }\n`;
    return Buffer.concat([
      Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`, 'latin1'),
      Buffer.from(values.buffer),
    ]);
  };
  const files = { 'mu.npy': array('(1,)', Float32Array.of(2)), 'sigma.npy': array('(1, 1)', Float32Array.of(3)) };
  assert.deepEqual(decodeMoments(zipSync(files), 'a.npz'), {
    mean: Float64Array.of(2),
    covariance: Float64Array.of(3),
  });
  const lacking = { 'mu.npy': files['mu.npy'] };
  assert.throws(() => decodeMoments(zipSync(lacking), 'a.npz'), /expected statistics with sigma.npy, got mu.npy/);
  const wrong = { ...files, 'mu.npy': array('(2,)', Float32Array.of(2, 3)) };
  assert.throws(() => decodeMoments(zipSync(wrong), 'a.npz'), /a covariance of 2x2 for a mean of 2, got 1x1/);
  const short = { ...files, 'mu.npy': files['mu.npy'].subarray(0, -1) };
  assert.throws(() => decodeMoments(zipSync(short), 'a.npz'), /truncated/);
  assert.throws(() => decodeMoments(zipSync({ ...files, 'mu.npy': Buffer.from('x') }), 'a.npz'), /an array of NumPy/);
});
