/**
 * An append-only file in a store, written in the background: entries are kept in memory and reach the store every few
 * seconds and on request. After a crash or `kill -9` the end may be missing, or truncated within the last entries.
 */
import { RddmError } from '../../math/errors.ts';
import { shortened } from '../../math/show.ts';
import type { Store } from '../store.ts';

/** How long an entry may wait in memory, in milliseconds. */
const PATIENCE = 2000;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A file that is open for appending. Holds a timer until it is flushed. */
export class GrowingFile {
  readonly #store: Store;
  readonly #name: string;
  #waiting: Uint8Array[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: RddmError | undefined;

  /** Use `openGrowingFile`. */
  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /**
   * Appends; returns at once.
   *
   * @throws RddmError if an earlier append could not be written: the disk is full, …
   */
  append(bytes: Uint8Array): void {
    if (this.#failure) throw this.#failure;
    this.#waiting.push(bytes);
    this.#timer ??= setTimeout(() => void this.#write(), PATIENCE);
  }

  /**
   * Returns when everything appended is in the store.
   *
   * @throws RddmError if it could not be written
   */
  async flush(): Promise<void> {
    await this.#write();
    if (this.#failure) throw this.#failure;
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One write after the other, since concurrent writes could mix.
    this.#writing = this.#writing.then(async () => {
      const bytes = joined(this.#waiting);
      this.#waiting = [];
      // After a failure a part may be written; appending more would make the middle of the file unreadable.
      if (this.#failure || bytes.length === 0) return;
      await this.#store.append(this.#name, bytes).catch((error) => {
        this.#failure =
          error instanceof RddmError ? error : new RddmError(`log: ${shortened((error as Error).message)}`);
      });
    });
    return this.#writing;
  }
}

/**
 * Opens a file for appending, creating it if needed.
 *
 * @throws RddmError if it cannot be written
 */
export async function openGrowingFile(store: Store, name: string): Promise<GrowingFile> {
  await store.append(name, new Uint8Array());
  return new GrowingFile(store, name);
}
