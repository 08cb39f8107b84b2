/**
 * A second host, in memory: PNG with 8 bits a channel, the reference runtime, and a Map for each store. It shows what a
 * platform has to bring to the operations: this file, and no more.
 */
import crc32 from 'crc-32';
import { unzlibSync, zlibSync } from 'fflate';
import type { Image } from '../../src/data/image.ts';
import { expected } from '../../src/math/errors.ts';
import type { Host } from '../../src/operations/host.ts';
import { type Store, wordsOfName } from '../../src/operations/store.ts';
import { createReferenceRuntime } from '../../src/runtime/reference.ts';

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A store that lasts as long as the program. */
export function memoryStore(): Store {
  const files = new Map<string, Uint8Array>();
  const checked = (name: string): string => wordsOfName(name).join('/');
  return {
    read: async (name) => files.get(checked(name))?.slice(),
    write: async (name, bytes) => {
      files.set(checked(name), bytes.slice());
    },
    append: async (name, bytes) => {
      files.set(checked(name), joined([files.get(name) ?? new Uint8Array(0), bytes]));
    },
    list: async (folder) => {
      const names = [...files.keys()].sort();
      return folder === undefined ? names : names.filter((name) => name.startsWith(`${checked(folder)}/`));
    },
    remove: async (name) => {
      files.delete(checked(name));
    },
  };
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setInt32(data.length + 8, crc32.buf(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/** A picture as PNG, its rows unfiltered. */
export function encodePng({ width, height, channels, data }: Image): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 1 ? 0 : 2], 8);
  const row = width * channels;
  const rows = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const chunks = [chunk('IHDR', header), chunk('IDAT', zlibSync(rows)), chunk('IEND', new Uint8Array(0))];
  return joined([signature, ...chunks]);
}

/** The one of left, above and above left that is nearest to left + above − above left (PNG's Paeth predictor). */
function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) => Math.abs(guess - value));
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** Undoes the filters of a PNG's rows. */
function unfiltered(rows: Uint8Array, row: number, height: number, step: number): Uint8Array {
  const values = new Uint8Array(height * row);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (row + 1)];
    for (let x = 0; x < row; x++) {
      const at = y * row + x;
      const left = x < step ? 0 : values[at - step];
      const above = y === 0 ? 0 : values[at - row];
      const corner = x < step || y === 0 ? 0 : values[at - row - step];
      const predictions = [0, left, above, Math.floor((left + above) / 2), paeth(left, above, corner)];
      values[at] = rows[y * (row + 1) + 1 + x] + predictions[filter];
    }
  }
  return values;
}

/** A PNG of 8 bits a channel, grey or colour, as a colour picture. */
export function decodePng(bytes: Uint8Array, name: string): Image {
  const refuse = (got: string) => expected(name, 'a PNG of 8 bits a channel', got);
  if (!signature.every((value, at) => bytes[at] === value)) throw refuse('a file of another kind');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [];
  let header: DataView | undefined;
  for (let at = 8; at + 12 <= bytes.length; at += view.getUint32(at) + 12) {
    const type = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    if (type === 'IHDR') header = new DataView(bytes.buffer, bytes.byteOffset + at + 8, 13);
    if (type === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  if (header === undefined) throw refuse('none');
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const step = { 0: 1, 2: 3 }[header.getUint8(9)];
  if (header.getUint8(8) !== 8 || header.getUint8(12) !== 0 || step === undefined) throw refuse('one of another kind');
  let rows: Uint8Array;
  try {
    rows = unzlibSync(joined(parts));
  } catch {
    throw refuse('one that is damaged');
  }
  if (rows.length !== height * (width * step + 1)) throw refuse('one that breaks off');
  const values = unfiltered(rows, width * step, height, step);
  const data =
    step === 3 ? values : Uint8Array.from({ length: 3 * values.length }, (_, i) => values[Math.floor(i / 3)]);
  return { width, height, channels: 3, data };
}

/** A host whose stores are in memory. */
export function createMemoryHost(): Host {
  const stores = new Map<string, Store>();
  return {
    decode: async (bytes, name) => decodePng(bytes, name),
    async encode(image, kind) {
      if (kind !== 'png') throw expected('encode', 'the format png', kind);
      return encodePng(image);
    },
    async openRuntime(device) {
      if (device !== 'reference') throw expected('openRuntime', 'the device reference', device);
      return createReferenceRuntime();
    },
    async openStore(name) {
      const store = stores.get(name) ?? memoryStore();
      stores.set(name, store);
      return store;
    },
  };
}
