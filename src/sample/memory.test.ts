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

test('in tiles a picture needs the memory of one tile and of the pictures of sampling', () => {
  const local = modelConfig({ unet: { kind: 'local' } });
  const [smaller, larger] = [
    { width: 2400, height: 1600, channels: 3 },
    { width: 4800, height: 3200, channels: 3 },
  ] as const;
  // Measured: 1.01 GB and 2.91 GB; whole, 1200x800 needs 0.72 GB.
  const near = (given: number, measured: number) => assert.ok(Math.abs(given / measured - 1) < 0.3, `${given}`);
  near(restoreMemory(local, smaller, 512), 1.01e9);
  near(restoreMemory(local, larger, 512), 2.91e9);
  near(restoreMemory(local, photo), 0.72e9);
  // No more than whole, if it is no larger than a tile; three grey pictures, but one tile at a time.
  assert.equal(restoreMemory(local, photo, 1200), restoreMemory(local, photo));
  const grey = modelConfig({ unet: { kind: 'local', channels: 1 } });
  const one = restoreMemory(grey, { ...smaller, channels: 1 }, 512);
  assert.equal(restoreMemory(grey, smaller, 512) - one, 2 * 4 * 40 * 2400 * 1600);
});

test('in tiles only what tiles cannot hold is refused', () => {
  const local = modelConfig({ unet: { kind: 'local' } });
  const phone = { width: 4032, height: 3024, channels: 3 } as const;
  assert.throws(() => checkMemory(local, phone, 4e9), /got 4032x3024, which needs about 7\.0 GB; scale it down to/);
  assert.doesNotThrow(() => checkMemory(local, phone, 4e9, 512));
  const [, width, height] = refusalOf(
    () => checkMemory(local, phone, 2e9, 512),
    /of memory that this machine has, got 4032x3024, which needs about 2\.4 GB in tiles of 512; scale it down to (\d+)x(\d+)$/,
  );
  assert.doesNotThrow(() => checkMemory(local, { ...phone, width: Number(width), height: Number(height) }, 2e9, 512));
  assert.throws(() => checkMemory(local, phone, 4.9e8, 512), /no picture fits in that memory$/);
});
