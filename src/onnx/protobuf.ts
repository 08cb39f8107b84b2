/**
 * Writes protocol buffers, as far as ONNX and TensorBoard's events need them: varints, floats, doubles, and
 * length-delimited fields. A message is a list of byte chunks, so that weights of 145 MB are joined only once, at the
 * end.
 */

/**
 * Bytes, or pieces with their total length. Short pieces are lists of numbers: a training step would need a quarter of
 * a million byte arrays, each with its own memory, which takes a second.
 */
export type Chunks = Uint8Array | readonly number[] | { readonly parts: readonly Chunks[]; readonly length: number };

/** Joins messages or fields one after another. */
export const joined = (...parts: readonly Chunks[]): Chunks => ({
  parts,
  length: parts.reduce((total, { length }) => total + length, 0),
});

/** Base-128 varint; negative numbers as the ten bytes of their two's complement. */
function varint(value: number): number[] {
  // Nearly all are this small, and BigInt is slow.
  if (value >= 0 && value < 128) return [value];
  if (value >= 128 && value < 2 ** 14) return [(value & 127) | 128, value >> 7];
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

const tag = (field: number, wireType: 0 | 1 | 2 | 5): number[] => varint(field * 8 + wireType);

/** An integer field (int32, int64, enum). */
export const integerField = (field: number, value: number): Chunks => [...tag(field, 0), ...varint(value)];

/** A float field. */
export function floatField(field: number, value: number): Chunks {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [...tag(field, 5), ...bytes];
}

/** A double field. */
export function doubleField(field: number, value: number): Chunks {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [...tag(field, 1), ...bytes];
}

/** A nested message. */
export const messageField = (field: number, message: Chunks): Chunks =>
  joined([...tag(field, 2), ...varint(message.length)], message);

/** A field of raw bytes; they are referenced, not copied. */
export const bytesField = (field: number, bytes: Uint8Array): Chunks => messageField(field, bytes);

const utf8 = new TextEncoder();

/** A string field. */
export const stringField = (field: number, text: string): Chunks => {
  const codes = Array.from(text, (character) => character.codePointAt(0) as number);
  return messageField(field, codes.every((code) => code < 128) ? codes : utf8.encode(text));
};

/** A packed repeated integer field. */
export const integersField = (field: number, values: readonly number[]): Chunks =>
  messageField(field, values.flatMap(varint));

function write(message: Chunks, target: Uint8Array, start: number): number {
  if (message instanceof Uint8Array) {
    target.set(message, start);
    return start + message.length;
  }
  if ('parts' in message) return message.parts.reduce((position, part) => write(part, target, position), start);
  message.forEach((byte, i) => {
    target[start + i] = byte;
  });
  return start + message.length;
}

/** The message as one array. */
export function toBytes(message: Chunks): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(message.length);
  write(message, bytes, 0);
  return bytes;
}
