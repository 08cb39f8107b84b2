/** The source of a conversion on disk: a file with the files around it, or a folder. */
import { basename, dirname, join } from 'node:path';
import type { SourceFiles } from '../../../operations/convert/diffusers-files.ts';
import { readBytes } from './files.ts';
import { isFile, isFolder } from './path-kind.ts';

/**
 * The files around a path, and its name among them.
 *
 * @param where the caller, for the message about a file that cannot be read
 */
export async function sourceFiles(path: string, where: string): Promise<{ files: SourceFiles; name: string }> {
  const named = await isFolder(path);
  const folder = named ? path : dirname(path);
  // A folder `unet` belongs to a pipeline, so names are relative to its parent.
  const isUnet = basename(folder) === 'unet' && (await isFile(join(folder, 'config.json')));
  const root = isUnet ? dirname(folder) : folder;
  const name = `${isUnet ? 'unet/' : ''}${named ? '' : basename(path)}`;
  return {
    name,
    files: {
      async read(file) {
        const at = file === name ? path : join(root, file);
        // For the named file, the error says why it cannot be read.
        return file === name || (await isFile(at)) ? readBytes(at, where) : undefined;
      },
      title: (file) => (file === name ? path : join(root, file.replace(/\/$/, ''))),
    },
  };
}
