/**
 * Checks a path before a command writes there. Nothing is overwritten by accident: every command that writes to a path
 * chosen by the user checks here first, and has `--force`.
 */
import { dirname } from 'node:path';
import { isFolder, kindOf } from '../adapters/node/files/path-kind.ts';
import { expected } from '../math/errors.ts';

export { isFolder, kindOf };

/**
 * Refuses an output that could not be written after the work.
 *
 * @param where the command
 * @param option the option with the file
 * @throws RddmError if the file's folder does not exist
 */
export async function requireFolderOf(where: string, option: string, file: string): Promise<void> {
  if (await isFolder(dirname(file))) return;
  throw expected(where, `${option} in a folder that exists`, dirname(file), 'create it first');
}

/**
 * Refuses to replace a file without `force`.
 *
 * @param where the command
 * @param files the files it is going to write
 * @throws RddmError if one of them is a folder, or exists without `force`
 */
export async function refuseToOverwrite(
  where: string,
  files: readonly string[],
  force: true | undefined,
): Promise<void> {
  for (const file of files) {
    const kind = await kindOf(file);
    if (kind === 'folder') throw expected(where, 'a file to write', `a folder at ${file}`);
    if (kind === 'file' && !force) {
      throw expected(where, `no file at ${file}`, 'one', 'add --force to replace it, or choose another --out');
    }
  }
}
