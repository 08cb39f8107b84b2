/**
 * Decoded pictures within a budget of bytes; the least recently used one is dropped first. Training needs each
 * photograph once per epoch, and decoding costs far more than cropping a square.
 */
import type { Image } from './image.ts';

/**
 * Wraps a reader in a cache.
 *
 * @param budget bytes; a larger picture is passed on without being cached
 */
export function cached(
  read: (path: string, channels: 1 | 3) => Promise<Image>,
  budget: number,
): (path: string, channels: 1 | 3) => Promise<Image> {
  // A Map iterates in order of insertion, so the first entry is the least recently used.
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
