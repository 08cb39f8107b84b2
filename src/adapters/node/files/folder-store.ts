/** A store in a folder: each name is a file in it, and the part before a `/` is a folder. */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Store, wordsOfName } from '../../../operations/store.ts';
import { fileError } from './file-error.ts';
import { readBytes, writeFileAtomic } from './files.ts';
import { isStagedFile, syncFolder } from './staged-file.ts';

const where = 'store';

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!);

/** The files in a folder and its subfolders, as names; files that are still being written are left out. */
async function namesIn(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    if (isMissing(error)) return [];
    throw fileError(where, 'a folder to read', folder, error);
  });
  const nested = entries.map(({ name }, at) => {
    if (entries[at].isDirectory()) return namesIn(join(folder, name), `${prefix}${name}/`);
    return isStagedFile(name) ? [] : [`${prefix}${name}`];
  });
  return (await Promise.all(nested)).flat();
}

/** Returns when the bytes are on the disk, safe from a power cut. */
async function appendSafely(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'a');
  let isNew: boolean;
  try {
    isNew = (await file.stat()).size === 0;
    if (bytes.length > 0) {
      await file.appendFile(bytes);
      await file.datasync();
    }
  } finally {
    await file.close();
  }
  // The name of a new file is an entry of its folder.
  if (isNew) await syncFolder(dirname(path));
}

/**
 * The store of a folder, which the first write creates.
 *
 * @throws RddmError from its methods if a name is invalid, or the disk is full, permission is missing, …
 *
 * @example
 * ```ts
 * import { folderStore } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = folderStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * await store.write('notes/a.txt', new TextEncoder().encode('one'));
 * assert.deepEqual(await store.list(), ['notes/a.txt']);
 * assert.equal(await store.read('notes/b.txt'), undefined);
 * ```
 */
export function folderStore(folder: string): Store {
  const pathOf = (name: string): string => join(folder, ...wordsOfName(name));
  const pathToWrite = async (name: string): Promise<string> => {
    const path = pathOf(name);
    await mkdir(dirname(path), { recursive: true }).catch((error) => {
      throw fileError(where, 'a folder to write to', dirname(path), error);
    });
    return path;
  };
  return {
    async read(name) {
      const path = pathOf(name);
      return existsSync(path) ? readBytes(path, where) : undefined;
    },
    async write(name, bytes) {
      await writeFileAtomic(await pathToWrite(name), bytes);
    },
    async append(name, bytes) {
      const path = await pathToWrite(name);
      await appendSafely(path, bytes).catch((error) => {
        throw fileError(where, 'room for more', path, error);
      });
    },
    async list(within) {
      if (within === undefined) return (await namesIn(folder, '')).sort();
      return (await namesIn(pathOf(within), `${within}/`)).sort();
    },
    async remove(name) {
      const path = pathOf(name);
      await rm(path, { force: true }).catch((error) => {
        if (!isMissing(error)) throw fileError(where, 'a file to remove', path, error);
      });
    },
  };
}
