import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelConfig } from '../model/config.ts';
import { checkMemory, restoreMemory } from './memory.ts';

const shipped = modelConfig({ unet: { dim: 16 } });
const photo = { width: 1200, height: 800, channels: 3 } as const;

test("the memory needed grows with the pixels, the network's width, and the number of pictures a grey network gets", () => {
  const need = restoreMemory(shipped, photo);
  const process = restoreMemory(shipped, { ...photo, width: 0 });
  // Measured: 2.51 GB.
  assert.ok(need > 2.3e9 && need < 2.7e9, String(need));
  assert.equal(restoreMemory(shipped, { ...photo, width: 2400 }) - process, 2 * (need - process));
  assert.ok(restoreMemory(modelConfig({ unet: { dim: 64 } }), photo) > need);
  const grey = modelConfig({ unet: { dim: 16, channels: 1 } });
  assert.equal(restoreMemory(grey, photo) - process, 3 * (need - process));
  assert.equal(restoreMemory(grey, { ...photo, channels: 1 }), need);
});

/** The parts of the message of a refusal. */
function refusalOf(work: () => void, sentence: RegExp): RegExpExecArray {
  let parts: RegExpExecArray | null = null;
  assert.throws(work, ({ name, message }: Error) => {
    parts = sentence.exec(message);
    return name === 'RddmError' && parts !== null;
  });
  return parts ?? assert.fail('nothing was refused');
}

test('a picture that does not fit is refused with a size that does', () => {
  const phone = { width: 4032, height: 3024, channels: 3 } as const;
  const check = (size: typeof phone | typeof photo, available: number) => () => checkMemory(shipped, size, available);
  const [, width, height] = refusalOf(
    check(phone, 16e9),
    /^restore: expected a picture that can be restored in the 16 GB of memory that this machine has, got 4032x3024, which needs about 27 GB; scale it down to (\d+)x(\d+)$/,
  );
  assert.doesNotThrow(() => checkMemory(shipped, { width: Number(width), height: Number(height), channels: 3 }, 16e9));
  assert.doesNotThrow(check(photo, 16e9));
});

test('no size is suggested if not even the process fits', () => {
  for (const available of [1e8, 3.5e8]) {
    assert.throws(() => checkMemory(shipped, photo, available), {
      name: 'RddmError',
      message: /in the 0\.\d GB of memory .* about 2\.4 GB; no picture fits in that memory$/,
    });
  }
});
