/**
 * Sources and sinks of pictures: operations get these, never paths or files.
 */
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import type { Host, PictureKind } from './host.ts';
import type { Store } from './store.ts';

/** A picture that can be read. */
export interface PictureSource {
  /** The picture's name, without folder and ending: it pairs pictures, and selects the picture's random numbers. */
  readonly name: string;
  /**
   * Returns the picture; each call may read it again.
   *
   * @throws RddmError if it cannot be read
   */
  read(): Promise<Image>;
}

/** A place for a picture. */
export interface PictureSink {
  /**
   * Writes a picture, complete or not at all.
   *
   * @throws RddmError if it cannot be written
   */
  write(image: Image): Promise<void>;
}

/**
 * A picture in memory.
 *
 * @example
 * ```ts
 * import { pictureInMemory } from 'rddm';
 * import assert from 'node:assert/strict';
 * const grey = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(0, 200) };
 * assert.equal(await pictureInMemory('photo', grey).read(), grey);
 * ```
 */
export const pictureInMemory = (name: string, image: Image): PictureSource => ({ name, read: async () => image });

/** `holes/a.png` → `a` */
const nameWithoutEnding = (name: string): string => name.slice(name.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');

/**
 * A picture in a store, to read and write.
 *
 * @param name the file's name in the store
 * @param kind the format for writing
 *
 * @example
 * ```ts
 * import { pictureInStore } from 'rddm';
 * import { nodeHost } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = await nodeHost.openStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * const picture = pictureInStore(nodeHost, store, 'holes/a.png');
 * await picture.write({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) });
 * assert.deepEqual([picture.name, (await picture.read()).width], ['a', 2]);
 * ```
 */
export function pictureInStore(
  host: Pick<Host, 'decode' | 'encode'>,
  store: Store,
  name: string,
  kind: PictureKind = 'png',
): PictureSource & PictureSink {
  return {
    name: nameWithoutEnding(name),
    async read() {
      const bytes = await store.read(name);
      if (bytes === undefined) throw expected(name, 'a picture', 'nothing of that name in the store');
      return host.decode(bytes, name);
    },
    async write(image) {
      await store.write(name, await host.encode(image, kind));
    },
  };
}
