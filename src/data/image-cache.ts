/**
 * Decoded pictures within a budget of bytes; the one unused for longest goes first. Training meets each photograph
 * once an epoch, and decoding costs far more than cutting a square.
 */
import type { Image } from './image.ts';

/**
 * Wraps a reader so that what it returned is kept.
 *
 * @param budget bytes; a picture above it is passed on without being kept
 */
export function cached(
  read: (path: string, channels: 1 | 3) => Promise<Image>,
  budget: number,
): (path: string, channels: 1 | 3) => Promise<Image> {
  // A Map iterates in order of insertion: first is the one unused for longest.
  const kept = new Map<string, Image>();
  let bytes = 0;
  return async (path, channels) => {
    const key = `${channels}:${path}`;
    const known = kept.get(key);
    const image = known ?? (await read(path, channels));
    if (image.data.length > budget) return image;
    if (known) kept.delete(key);
    else bytes += image.data.length;
    kept.set(key, image);
    for (const [oldest, { data }] of kept) {
      if (bytes <= budget) break;
      kept.delete(oldest);
      bytes -= data.length;
    }
    return image;
  };
}
