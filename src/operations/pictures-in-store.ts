/**
 * Training pictures in a store: a folder is the part of a name before the last `/`, and a batch is made when it is
 * requested. For platforms without their own loader.
 */
import { greyImage } from '../data/grey.ts';
import type { Image } from '../data/image.ts';
import { loaderOf } from '../data/loader.ts';
import { type FoundPicture, linesOf } from '../data/picture-files.ts';
import { expected } from '../math/errors.ts';
import type { Host } from './host.ts';
import type { Store } from './store.ts';
import type { TrainingPictures } from './training-pictures.ts';

const isPicture = (name: string): boolean => /(^|\/)[^/.][^/]*\.(png|jpe?g|webp|tiff?|avif|gif)$/i.test(name);

/** What a folder's `*` matched, if a name is in it; `*` is any one folder that is not hidden. */
function matchFolder(folder: string, name: string): readonly string[] | undefined {
  // `photos/` is `photos`, and `.` where names start.
  const pattern = folder.split('/').filter((word) => word !== '' && word !== '.');
  const words = name.split('/').slice(0, -1);
  if (words.length !== pattern.length) return undefined;
  const fits = words.every((word, at) => word === pattern[at] || (pattern[at] === '*' && !word.startsWith('.')));
  return fits ? words.filter((_, at) => pattern[at] === '*') : undefined;
}

/** A name relative to another one; `..` goes up. */
function besideName(name: string, relative: string): string {
  const words = name.split('/').slice(0, -1);
  for (const word of relative.split('/')) {
    if (word === '..') words.pop();
    else if (word !== '.') words.push(word);
  }
  return words.join('/');
}

/**
 * The pictures in a store.
 *
 * @example
 * ```ts
 * import { pictureInStore, picturesInStore } from 'rddm';
 * import { folderStore, nodeHost } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = folderStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * const photo = { width: 4, height: 3, channels: 3 as const, data: new Uint8Array(36) };
 * await pictureInStore(nodeHost, store, 'rainy/7.png').write(photo);
 * const { files } = picturesInStore(nodeHost, store);
 * assert.deepEqual(await files.list('rainy'), [{ path: 'rainy/7.png', matched: [] }]);
 * ```
 */
export function picturesInStore({ decode }: Pick<Host, 'decode'>, store: Store): TrainingPictures {
  const bytesOf = async (name: string): Promise<Uint8Array> => {
    const bytes = await store.read(name);
    if (bytes) return bytes;
    throw expected(name, 'a file in the store', 'nothing of that name');
  };
  const read = async (name: string): Promise<Image> => decode(await bytesOf(name), name);
  return {
    files: {
      async list(folder) {
        const found = (await store.list()).filter(isPicture).flatMap((path): FoundPicture[] => {
          const matched = matchFolder(folder, path);
          return matched ? [{ path, matched }] : [];
        });
        if (found.length > 0) return found;
        throw expected(folder, 'images in this folder of the store', 'none', 'name another folder');
      },
      lines: async (list) =>
        linesOf(new TextDecoder().decode(await bytesOf(list))).map((line) => besideName(list, line)),
      nameOf: (path) => path.slice(path.lastIndexOf('/') + 1),
      sizeOf: read,
      bytesOf: async (path) => (await bytesOf(path)).length,
      contentOf: bytesOf,
    },
    load: (options) =>
      loaderOf(options, async (path, channels) => (channels === 1 ? greyImage(await read(path)) : read(path))),
  };
}
