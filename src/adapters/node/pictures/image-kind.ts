/**
 * The kind of a picture file, by its first bytes and never by its name; and whether the file is complete, by its frame
 * alone: a data set is checked without decoding it, and a PNG decoder is content once it has the last row.
 */

/** The kinds that can be read. */
export type ImageKind = 'PNG' | 'JPEG' | 'WebP' | 'TIFF' | 'AVIF' | 'GIF';

/** The kind of picture that begins with these bytes; undefined for anything else. */
export function imageKind(bytes: Buffer): ImageKind | undefined {
  const begins = (text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;
  if (begins('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (begins('\xff\xd8\xff')) return 'JPEG';
  if (begins('RIFF') && begins('WEBP', 8)) return 'WebP';
  if (begins('II*\0') || begins('MM\0*')) return 'TIFF';
  if (begins('ftypavif', 4)) return 'AVIF';
  if (begins('GIF8')) return 'GIF';
  return undefined;
}

/** Whether a PNG's chunks reach its end marker. */
function pngIsComplete(bytes: Buffer): boolean {
  const signature = 8;
  const frame = 12; // length, type and checksum around each chunk's data
  for (let at = signature; at + frame <= bytes.length; ) {
    const next = at + frame + bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return next <= bytes.length;
    at = next;
  }
  return false;
}

/**
 * Whether the data of a JPEG's first scan is followed by an end marker; those two bytes cannot occur within the data.
 */
function jpegIsComplete(bytes: Buffer): boolean {
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return false;
    const marker = bytes[at + 1];
    if (marker === 0xda) return bytes.indexOf('\xff\xd9', at, 'latin1') !== -1;
    // Fill bytes, and markers without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return false;
}

/** Whether the boxes of an AVIF end with the file. */
function avifIsComplete(bytes: Buffer): boolean {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at);
    if (size === 0) return true; // to the end of the file
    const whole = size === 1 && at + 16 <= bytes.length ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    if (whole < 8) return false;
    at += whole;
  }
  return at <= bytes.length;
}

/** Whether a file of a kind is complete; for other kinds the decoder finds out from the header. */
export function isComplete(kind: ImageKind, bytes: Buffer): boolean {
  if (kind === 'PNG') return pngIsComplete(bytes);
  if (kind === 'JPEG') return jpegIsComplete(bytes);
  if (kind === 'AVIF') return avifIsComplete(bytes);
  return true;
}
