/**
 * What kind of picture a file is, told by its first bytes and never by its name; and whether a PNG is all there,
 * which its decoder does not insist on: it is content once the last row has come.
 */

/** The kinds that are read. */
export type ImageKind = 'PNG' | 'JPEG' | 'WebP' | 'TIFF' | 'AVIF' | 'GIF';

/** The kind of picture that the bytes begin as, or undefined for anything else. */
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
export function pngIsComplete(bytes: Buffer): boolean {
  const signature = 8;
  const frame = 12; // length, type and checksum around each chunk's data
  for (let at = signature; at + frame <= bytes.length; ) {
    const next = at + frame + bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return next <= bytes.length;
    at = next;
  }
  return false;
}
