/**
 * A file that only grows, written in the background: what is appended is kept in memory and reaches the disk every few
 * seconds and whenever asked. After a crash or `kill -9` the end may be missing, or break off within what was appended last.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { RddmError } from '../../../math/errors.ts';
import { fileError } from './file-error.ts';

/** How long an append may wait in memory, in milliseconds. */
const PATIENCE = 2000;

/** A file that is open for appending. Holds it until `close`. */
export class AppendFile {
  readonly #file: FileHandle;
  readonly #path: string;
  #waiting: Uint8Array[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failure: RddmError | undefined;

  /** Use `openAppendFile`. */
  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Appends; returns at once.
   *
   * @throws RddmError when an earlier append could not be written: the disk is full, …
   */
  append(bytes: Uint8Array): void {
    if (this.#failure) throw this.#failure;
    this.#waiting.push(bytes);
    this.#timer ??= setTimeout(() => void this.#write(), PATIENCE);
  }

  /**
   * Returns when everything appended is on the disk, safe from a power cut.
   *
   * @throws RddmError when it could not be written
   */
  async flush(): Promise<void> {
    await this.#write();
    if (this.#failure) throw this.#failure;
    await this.#file.datasync().catch((error) => this.#fail(error));
    if (this.#failure) throw this.#failure;
  }

  /** Flushes and lets go of the file, which it does even when flushing fails. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= fileError('log', 'room for the log', this.#path, error);
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One write after the other: two at once could mix.
    this.#writing = this.#writing.then(async () => {
      const bytes = Buffer.concat(this.#waiting);
      this.#waiting = [];
      // After a failure a part may be written; more after it would make the middle of the file unreadable.
      if (this.#failure || bytes.length === 0) return;
      await this.#file.appendFile(bytes).catch((error) => this.#fail(error));
    });
    return this.#writing;
  }
}

/**
 * Opens a file for appending, creating it if needed.
 *
 * @throws RddmError when the folder or the permission is missing
 */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const file = await open(path, 'a').catch((error) => {
    throw fileError('log', 'a file to write to', path, error);
  });
  return new AppendFile(file, path);
}
