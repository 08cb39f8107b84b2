/** Picture files as the sources and sinks of the operations. */
import { mkdir } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import type { PictureSink, PictureSource } from '../../../operations/picture.ts';
import { fileError } from '../files/file-error.ts';
import { readImage, writeImage } from './images.ts';

/**
 * A picture file to read and write; the folder to write to is created. The name's ending decides the format that is
 * written.
 *
 * @param name its name, instead of the file's name without its ending
 * @throws RddmError from its methods, like `readImage` and `writeImage`
 *
 * @example
 * ```ts
 * import { pictureFile } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const picture = pictureFile(`${mkdtempSync(`${tmpdir()}/rddm-`)}/new-folder/photo.png`);
 * assert.equal(picture.name, 'photo');
 * await picture.write({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) });
 * assert.deepEqual([...(await picture.read()).data], [0, 0, 0, 200, 200, 200]);
 * ```
 */
export function pictureFile(path: string, name = parse(path).name): PictureSource & PictureSink {
  return {
    name,
    read: () => readImage(path),
    async write(image) {
      await mkdir(dirname(path), { recursive: true }).catch((error) => {
        throw fileError(path, 'a folder to write to', dirname(path), error);
      });
      await writeImage(path, image);
    },
  };
}
