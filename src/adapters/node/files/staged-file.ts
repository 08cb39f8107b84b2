/**
 * Files that get or lose their names in one step, so that old and new ones are never mixed, whatever fails.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './file-error.ts';

/** A file that is complete on disk under a temporary name, and invisible before `commit`. */
export interface StagedFile {
  /** Gives it its name, in one step. */
  readonly commit: () => Promise<void>;
  /** Removes it; does nothing after `commit`. */
  readonly discard: () => Promise<void>;
}

/** In the same folder, since a rename is atomic only within one file system. */
const temporaryName = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);

/** Writes bytes to disk under a temporary name beside `path`. */
export async function stageFile(path: string, bytes: Uint8Array, where: string): Promise<StagedFile> {
  const temporary = temporaryName(path);
  const discard = () => rm(temporary, { force: true });
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      // Without this, a power cut after the rename could leave the new name without contents.
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard().catch(() => {});
    throw fileError(where, 'to write a file', path, error);
  }
  const commit = async (): Promise<void> => {
    try {
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await discard().catch(() => {});
      throw fileError(where, 'to write a file', path, error);
    }
  };
  return { commit, discard };
}

/** Whether a name belongs to a file that is being written, or that a killed process left. */
export const isStagedFile = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);

/** Removes temporary files of earlier processes from a folder in which no other process writes. */
export async function removeStagedFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (isStagedFile(name)) await rm(join(folder, name), { force: true });
}

/** Makes a rename durable; systems without folder handles (Windows) do not need it. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // The file itself is complete and named.
  } finally {
    await handle?.close();
  }
}

/** A file that was moved aside. */
export interface AsideFile {
  /** Gives it its name back. */
  readonly restore: () => Promise<void>;
  /** Removes it; does nothing after `restore`. */
  readonly discard: () => Promise<void>;
}

/**
 * Moves a file aside, if it exists, so that it can be restored; a rename needs no space on a full disk.
 *
 * @throws RddmError if it is a folder, or may not be renamed
 */
export async function setAside(path: string, where: string): Promise<AsideFile> {
  const temporary = temporaryName(path);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw fileError(where, 'to write a file', path, { code: 'EISDIR' });
  if (found) {
    await rename(path, temporary).catch((error) => {
      throw fileError(where, 'to write a file', path, error);
    });
    await syncFolder(dirname(path));
  }
  return {
    restore: () => rename(temporary, path).catch(() => {}),
    discard: () => rm(temporary, { force: true }).catch(() => {}),
  };
}
