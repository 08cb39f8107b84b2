/**
 * TensorBoard's event file, written record by record: TFRecord framing around `Event` messages with scalars and
 * pictures (event.proto and summary.proto of TensorFlow). Pure: an adapter decides where the bytes go. Left out:
 * reading, histograms, graphs, and the newer tensor-valued summaries, which say the same in more words.
 */
import crc32c from 'crc-32/crc32c.js';
import { expected } from '../math/errors.ts';
import {
  bytesField,
  type Chunks,
  doubleField,
  floatField,
  integerField,
  joined,
  messageField,
  stringField,
  toBytes,
} from '../onnx/protobuf.ts';

/** The content of an event. */
export type EventContent =
  /** The first record of every file. */
  | { readonly kind: 'version' }
  /** A run starts or continues at this step: TensorBoard forgets earlier files' values for it and later steps. */
  | { readonly kind: 'start' }
  | { readonly kind: 'scalars'; readonly values: Readonly<Record<string, number>> }
  /** A picture as the bytes of a PNG file. */
  | { readonly kind: 'image'; readonly tag: string; readonly png: Uint8Array };

/** One event: its content, step and time (seconds since 1970). */
export type EventRecord = EventContent & { readonly step: number; readonly wallTime: number };

/** The channels of PNG's colour types; TensorBoard's `colorspace` is this number. */
const pngChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** Height, width and channels from the header, which TensorBoard wants besides the file itself. */
function pngHeader(png: Uint8Array): readonly [height: number, width: number, channels: number] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const isPng = png.length >= 33 && view.getUint32(0) === 0x89504e47 && view.getUint32(12) === 0x49484452;
  const channels = isPng ? pngChannels[png[25]] : undefined;
  if (channels === undefined) throw expected('encodeEvent', 'the bytes of a PNG file', `${png.length} other bytes`);
  return [view.getUint32(20), view.getUint32(16), channels];
}

const scalarValue = ([tag, value]: [string, number]): Chunks =>
  messageField(1, joined(stringField(1, tag), floatField(2, value)));

function imageValue(tag: string, png: Uint8Array): Chunks {
  const [height, width, channels] = pngHeader(png);
  const image = joined(integerField(1, height), integerField(2, width), integerField(3, channels), bytesField(4, png));
  return messageField(1, joined(stringField(1, tag), messageField(4, image)));
}

/** The `what` of an Event message. */
function contentField(content: EventContent): Chunks {
  switch (content.kind) {
    case 'version':
      return stringField(3, 'brain.Event:2');
    case 'start':
      return messageField(7, integerField(1, 1));
    case 'scalars':
      return messageField(5, joined(...Object.entries(content.values).map(scalarValue)));
    case 'image':
      return messageField(5, imageValue(content.tag, content.png));
  }
}

/**
 * A checksum as stored in a TFRecord: rotated and offset, since checksums of data with plain checksums are unreliable.
 */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c.buf(bytes) >>> 0;
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** A TFRecord: length (64 bits), its checksum, the data, their checksum; little-endian. */
function framed(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return record;
}

/**
 * The bytes of one event, to append to an event file, which begins with an event of kind `version`.
 *
 * @returns a whole record; equal events give equal bytes
 * @throws RddmError if the step is not a whole number, or a picture is not a PNG
 *
 * @example
 * ```ts
 * import { encodeEvent } from 'rddm';
 * import assert from 'node:assert/strict';
 * const record = encodeEvent({ kind: 'scalars', values: { loss: 0.5 }, step: 7, wallTime: 1e9 });
 * assert.equal(new DataView(record.buffer).getBigUint64(0, true), BigInt(record.length - 16));
 * ```
 */
export function encodeEvent(event: EventRecord): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(event.step)) throw expected('encodeEvent', 'a whole number as step', event.step);
  // A step of 0 is omitted, as in every event file: it is the default of protocol buffers.
  const step = event.step === 0 ? [] : [integerField(2, event.step)];
  return framed(toBytes(joined(doubleField(1, event.wallTime), ...step, contentField(event))));
}
