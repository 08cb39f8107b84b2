/**
 * Persistent named bytes: a folder in Node, the origin's private file system in a browser, a Map in a test.
 */
import { expected } from '../math/errors.ts';

/**
 * A store of named bytes. A name is one or more words with `/` between them, for example `samples/step-1.png`; there
 * are no folders to create.
 */
export interface Store {
  /** The bytes of a name; undefined if there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /**
   * Writes bytes under a name, completely or not at all: after a crash the name has its old bytes or all of the new.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * Appends bytes to a name, creating it if needed; returns when they are safe. A crash before that may keep a part.
   */
  append(name: string, bytes: Uint8Array): Promise<void>;
  /** All names, sorted; with `folder`, those that begin with it and a `/`. */
  list(folder?: string): Promise<string[]>;
  /** Removes a name; does nothing if it does not exist. */
  remove(name: string): Promise<void>;
}

/**
 * The words of a name. Every store checks its names here, so that all platforms accept the same names.
 *
 * @throws RddmError if a word is empty, `.` or `..`, or has characters that some file systems refuse
 *
 * @example
 * ```ts
 * import { wordsOfName } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(wordsOfName('samples/step-1.png'), ['samples', 'step-1.png']);
 * assert.throws(() => wordsOfName('../outside'), /expected a name of words/);
 * ```
 */
export function wordsOfName(name: string): readonly string[] {
  const words = name.split('/');
  // Windows accepts none of these characters, and no word that ends with a dot or a space.
  const isWord = (word: string): boolean => /^[^\\:*?"<>|\p{Cc}]*[^\\:*?"<>|\p{Cc}. ]$/u.test(word);
  if (words.every(isWord)) return words;
  throw expected('store', 'a name of words with "/" between them, such as "samples/step-1.png"', JSON.stringify(name));
}

/**
 * A folder of a store as a store of its own.
 *
 * @param folder a name: what the folder's names begin with in the store, before a `/`
 *
 * @example
 * ```ts
 * import { storeWithin } from 'rddm';
 * import { folderStore } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = folderStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * const runs = storeWithin(store, 'runs/first');
 * await runs.write('log.jsonl', new Uint8Array(3));
 * assert.deepEqual([await runs.list(), await store.list()], [['log.jsonl'], ['runs/first/log.jsonl']]);
 * ```
 */
export function storeWithin(store: Store, folder: string): Store {
  const at = (name: string): string => `${folder}/${name}`;
  return {
    read: (name) => store.read(at(name)),
    write: (name, bytes) => store.write(at(name), bytes),
    append: (name, bytes) => store.append(at(name), bytes),
    list: async (within) =>
      (await store.list(within === undefined ? folder : at(within))).map((name) => name.slice(folder.length + 1)),
    remove: (name) => store.remove(at(name)),
  };
}
