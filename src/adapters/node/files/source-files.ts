/** What a person names to be converted, on disk: a file and what lies around it, or a folder. */
import { basename, dirname, join } from 'node:path';
import type { SourceFiles } from '../../../operations/convert/diffusers-files.ts';
import { readBytes } from './files.ts';
import { isFile, isFolder } from './path-kind.ts';

/**
 * The files around a path, and the name that it has among them.
 *
 * @param where who asks, for the message about a file that cannot be read
 */
export async function sourceFiles(path: string, where: string): Promise<{ files: SourceFiles; name: string }> {
  const named = await isFolder(path);
  const folder = named ? path : dirname(path);
  // A folder `unet` belongs to a pipeline: names start beside it.
  const isUnet = basename(folder) === 'unet' && (await isFile(join(folder, 'config.json')));
  const root = isUnet ? dirname(folder) : folder;
  const name = `${isUnet ? 'unet/' : ''}${named ? '' : basename(path)}`;
  return {
    name,
    files: {
      async read(file) {
        const at = file === name ? path : join(root, file);
        // Of the named file a refusal says why it cannot be read.
        return file === name || (await isFile(at)) ? readBytes(at, where) : undefined;
      },
      title: (file) => (file === name ? path : join(root, file.replace(/\/$/, ''))),
    },
  };
}
