/**
 * Feature statistics as pytorch-fid saves and publishes them: a NumPy .npz with `mu` and `sigma` in float64. Of NumPy's
 * format only that is covered: arrays of float32 or float64, little-endian, in C order.
 */
import { zipSync } from 'fflate';
import { expected } from '../math/errors.ts';
import { readZip } from './zip.ts';

/** The mean [features] and covariance [features, features] of features. */
export interface FeatureMoments {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

const magic = '\x93NUMPY\x01\x00';

function encodeArray(shape: readonly number[], data: Float64Array): Uint8Array {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // The values begin at a multiple of 64.
  const size = Math.ceil((magic.length + 2 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(size + data.byteLength);
  const header = `${magic}..${text.padEnd(size - magic.length - 3)}\n`;
  for (let i = 0; i < size; i++) bytes[i] = header.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(magic.length, size - magic.length - 2, true);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), size);
  return bytes;
}

/** The bytes of an .npz file with these moments. */
export function encodeMoments({ mean, covariance }: FeatureMoments): Uint8Array {
  const size = mean.length;
  const files = { 'mu.npy': encodeArray([size], mean), 'sigma.npy': encodeArray([size, size], covariance) };
  // Equal moments give equal bytes, whenever they are written.
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
}

function decodeArray(bytes: Uint8Array, where: string): { shape: number[]; data: Float64Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Byte by byte: for a TextDecoder, "latin1" means windows-1252, in which 0x93 is a quotation mark.
  const isArray = bytes.length >= 12 && bytes.subarray(0, 6).every((byte, i) => byte === magic.charCodeAt(i));
  if (!isArray) throw expected(where, 'an array of NumPy', 'something else');
  const [length, from] = bytes[6] === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  const text = new TextDecoder().decode(bytes.subarray(from, from + length));
  const type = /'descr': '(<f[48])'/.exec(text)?.[1];
  const shape = /'shape': \(([\d, ]*)\)/.exec(text)?.[1].split(',').map(Number);
  if (!type || !shape || !text.includes("'fortran_order': False")) {
    throw expected(where, 'float32 or float64 values in C order', text.trim() || 'no header');
  }
  const sizes = shape.filter((size) => size > 0);
  const count = sizes.reduce((product, size) => product * size, 1);
  const width = type === '<f8' ? 8 : 4;
  if (bytes.length < from + length + count * width) throw expected(where, `${count} values`, 'a truncated file');
  const read = (i: number): number =>
    width === 8 ? view.getFloat64(from + length + i * 8, true) : view.getFloat32(from + length + i * 4, true);
  return { shape: sizes, data: Float64Array.from({ length: count }, (_, i) => read(i)) };
}

/**
 * Reads `mu` and `sigma` of an .npz file.
 *
 * @throws RddmError if the file is not an .npz file, is damaged, or lacks one of them
 */
export function decodeMoments(bytes: Uint8Array, where: string): FeatureMoments {
  const files = readZip(bytes, where);
  const [mean, covariance] = ['mu', 'sigma'].map((name) => {
    const file = files.get(`${name}.npy`);
    if (!file) throw expected(where, `statistics with ${name}.npy`, [...files.keys()].join(', ') || 'an empty archive');
    return decodeArray(file.read(), `${where} ${name}`);
  });
  const size = mean.data.length;
  if (mean.shape.length !== 1 || String(covariance.shape) !== String([size, size])) {
    throw expected(where, `a covariance of ${size}x${size} for a mean of ${size}`, covariance.shape.join('x'));
  }
  return { mean: mean.data, covariance: covariance.data };
}
