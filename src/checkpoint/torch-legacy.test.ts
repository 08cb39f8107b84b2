/** Checkpoints in the format before PyTorch 1.6, which weights published at that time still have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, type Code, call, dump, type Python, stored } from '../../test/support/pickler.ts';
import { toFloat32 } from './raw-tensor.ts';
import { isTorchTensor, readTorchCheckpoint } from './torch.ts';

/** A file as torch.save wrote it before PyTorch 1.6. */
function legacy(value: Python, storages: Record<string, readonly [count: number, bytes: Uint8Array]>): Uint8Array {
  const pickles = [
    { code: '\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19' },
    1001,
    { protocol_version: 1001, little_endian: true },
    value,
    Object.keys(storages),
  ];
  const parts: Uint8Array[] = pickles.map((one) => Buffer.from(`\x80\x02${dump(one as Python)}.`, 'latin1'));
  for (const [count, bytes] of Object.values(storages))
    parts.push(Buffer.from(bytesOf(BigInt64Array.of(BigInt(count)))), Buffer.from(bytes));
  return Buffer.concat(parts);
}
/** A storage in such a file has one entry more than in later ones. */
const storedBefore = (type: string, key: string, count: number, shape: number[], strides: number[]): Code => {
  const { code } = stored(type, key, count, shape, strides);
  return { code: code.replace(`${dump(count)}tQ`, `${dump(count)}NtQ`) };
};

test('the format before PyTorch 1.6: pickles, then storages in sequence', () => {
  const state = {
    weight: storedBefore('Float', '94100', 4, [2, 2], [1, 2]),
    count: storedBefore('Long', '94200', 1, [1], [1]),
  };
  const storages = {
    '94200': [1, bytesOf(BigInt64Array.of(7n))],
    '94100': [4, bytesOf(Float32Array.of(1, 2, 3, 4))],
  } as const;
  const file = legacy(state, storages);
  const { entries } = readTorchCheckpoint(file, 'old.pth');
  const { weight, count } = entries;
  assert.ok(isTorchTensor(weight) && isTorchTensor(count));
  assert.deepEqual([...toFloat32(weight.read()).data], [1, 3, 2, 4]);
  assert.deepEqual([...toFloat32(count.read()).data], [7]);
  for (const length of [file.length - 1, file.length - 20, 60, 20]) {
    assert.throws(() => readTorchCheckpoint(file.subarray(0, length), 'old.pth'), /truncated/);
  }
  assert.throws(
    () => readTorchCheckpoint(legacy(state, { '94200': storages['94200'] }), 'old.pth'),
    /truncated or damaged/,
  );
  for (const count of [2, 3, 8, 16]) {
    const other = { ...storages, '94100': [count, storages['94100'][1]] as const };
    assert.throws(() => readTorchCheckpoint(legacy(state, other), 'old.pth'), /truncated or damaged/, String(count));
  }
  const twice = { ...state, again: storedBefore('Float', '94100', 2, [2], [1]) };
  assert.throws(() => readTorchCheckpoint(legacy(twice, storages), 'old.pth'), /old.pth: expected/);
  const evil = legacy({ x: call('os.system', 'id') }, {});
  assert.throws(() => readTorchCheckpoint(evil, 'old.pth'), /asks for os.system \(nothing was run\)/);
});
