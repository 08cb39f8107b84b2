/**
 * Reads a zip archive in memory, as PyTorch writes them: stored entries are views of the archive, deflated ones are
 * inflated by fflate when needed. fflate's own archive reader copies every entry (a trained checkpoint is 1.4 GB, and
 * only a fifth is needed) and ignores the checksums; here a damaged entry is refused. Leaves out encryption and
 * archives in several files.
 */
import crc32 from 'crc-32';
import { inflateSync } from 'fflate';
import { expected } from '../math/errors.ts';
import { quoted } from '../math/show.ts';

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Size in bytes when unpacked. */
  readonly size: number;
  /** The contents, checked against the entry's checksum. @throws RddmError if they are damaged */
  readonly read: () => Uint8Array;
}

const damaged = 'the file is damaged or truncated: copy or download it again';
const endRecordSize = 22;

/** Whether a file begins like a zip archive. */
export const looksLikeZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/**
 * Opens an archive and lists its files.
 *
 * @param bytes the whole archive; it must not change while entries are read
 * @param where the file's name, for messages
 * @throws RddmError if the list of files is missing or inconsistent: the archive is truncated or damaged
 */
export function readZip(bytes: Uint8Array, where: string): ReadonlyMap<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (got: string) => expected(where, 'a complete zip archive', got, damaged);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const u64 = (at: number): number => u32(at) + u32(at + 4) * 2 ** 32;

  try {
    const { count, offset } = findDirectory();
    const entries = new Map<string, ZipEntry>();
    let at = offset;
    for (let index = 0; index < count; index++) {
      const { entry, next } = readEntry(at);
      entries.set(entry.name, entry);
      at = next;
    }
    return entries;
  } catch (error) {
    // The only error of DataView: an offset outside the file.
    if (error instanceof RangeError) throw fail('one that refers to bytes it does not have');
    throw error;
  }

  function findDirectory(): { count: number; offset: number } {
    // The end record comes last, before a comment of at most 65535 bytes.
    let end = bytes.length - endRecordSize;
    const lowest = Math.max(0, end - 0xffff);
    while (end >= lowest && u32(end) !== 0x06054b50) end--;
    if (end < lowest) throw fail('one without its list of files');
    const locator = end - 20;
    if (locator >= 0 && u32(locator) === 0x07064b50) {
      const end64 = u64(locator + 8);
      if (u32(end64) !== 0x06064b50) throw fail('one without its 64-bit list of files');
      return { count: u64(end64 + 32), offset: u64(end64 + 48) };
    }
    return { count: u16(end + 10), offset: u32(end + 16) };
  }

  function readEntry(at: number): { entry: ZipEntry; next: number } {
    if (u32(at) !== 0x02014b50) throw fail('one whose list of files is damaged');
    const flags = u16(at + 8);
    const method = u16(at + 10);
    const checksum = u32(at + 16);
    const nameEnd = at + 46 + u16(at + 28);
    const extraEnd = nameEnd + u16(at + 30);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    const wide = wideFields(nameEnd, extraEnd);
    const wideIfFull = (value: number): number => (value === 0xffffffff ? (wide.shift() ?? value) : value);
    // The wide fields follow in this order.
    const size = wideIfFull(u32(at + 24));
    const packedSize = wideIfFull(u32(at + 20));
    const local = wideIfFull(u32(at + 42));
    if ((flags & 1) !== 0 || (method !== 0 && method !== 8)) {
      throw expected(where, 'a zip archive with stored or deflated files', `${quoted(name)} of another kind`);
    }
    // Deflate shrinks to 1/1032 at best: a larger size is false, and would cost that memory.
    if (method === 0 ? size !== packedSize : size > packedSize * 1032 + 1024)
      throw fail(`${quoted(name)} with a wrong size`);
    if (u32(local) !== 0x04034b50) throw fail(`one whose file ${quoted(name)} is not where the list says`);
    const start = local + 30 + u16(local + 26) + u16(local + 28);
    if (start + packedSize > bytes.length) throw fail(`one whose file ${quoted(name)} ends outside it`);

    let isChecked = false;
    const read = (): Uint8Array => {
      const packed = bytes.subarray(start, start + packedSize);
      const contents = method === 0 ? packed : inflate(packed, size);
      if (!isChecked && (contents?.length !== size || crc32.buf(contents) >>> 0 !== checksum)) {
        throw expected(where, `the file ${quoted(name)} inside to match its checksum`, 'other bytes', damaged);
      }
      isChecked = true;
      return contents as Uint8Array;
    };
    return { entry: { name, size, read }, next: extraEnd + u16(at + 32) };
  }

  /** The 64-bit numbers of the zip64 extra field, if there is one. */
  function wideFields(begin: number, end: number): number[] {
    for (let at = begin; at + 4 <= end; at += 4 + u16(at + 2)) {
      if (u16(at) === 1) return Array.from({ length: Math.floor(u16(at + 2) / 8) }, (_, i) => u64(at + 4 + 8 * i));
    }
    return [];
  }
}

/** The inflated bytes, or undefined if the stream is broken. */
function inflate(packed: Uint8Array, size: number): Uint8Array | undefined {
  try {
    return inflateSync(packed, { out: new Uint8Array(size) });
  } catch {
    return undefined;
  }
}
