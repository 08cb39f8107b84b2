/**
 * Turns the operating system's errors about a file into sentences with a remedy. Every adapter that touches files
 * reports failures through it.
 */
import { dirname } from 'node:path';
import { expected, RddmError } from '../../../math/errors.ts';
import { shown } from '../../../math/show.ts';

const sentences: Readonly<Record<string, (path: string) => readonly [got: string, remedy: string]>> = {
  ENOENT: (path) => [`nothing at ${path}`, `check the path, or create the folder ${dirname(path)}`],
  EACCES: (path) => [`no permission for ${path}`, 'change its permissions or choose another place'],
  EPERM: (path) => [`no permission for ${path}`, 'change its permissions or choose another place'],
  EROFS: (path) => [`a read-only disk at ${path}`, 'choose another place'],
  ENOSPC: (path) => [`a full disk at ${path}`, 'free some space or choose another place'],
  EDQUOT: (path) => [`a full quota at ${path}`, 'free some space or choose another place'],
  EFBIG: (path) => [`a file size limit at ${path}`, 'raise the limit or choose another place'],
  EISDIR: (path) => [`a folder at ${path}`, 'give the path of a file'],
  ENOTDIR: (path) => [`a file instead of a folder within ${path}`, 'check the path'],
  ENOTEMPTY: (path) => [`a folder at ${path}`, 'give the path of a file'],
  EEXIST: (path) => [`a file instead of a folder at ${path}`, 'remove it or choose another place'],
  ENAMETOOLONG: (path) => [`a name that is too long in ${path}`, 'choose a shorter one'],
  EMFILE: (path) => [`too many open files at ${path}`, 'close some programs or raise the limit (ulimit -n)'],
  EIO: (path) => [`a failing disk at ${path}`, 'check the disk'],
};

/**
 * The error to throw for a failed file operation; an RddmError passes unchanged.
 *
 * @param where the function or command that reports it
 * @param what the intended action, as in `a file to read`
 * @param path the file as the user gave it
 * @param error what node:fs threw
 *
 * @example
 * ```ts
 * import { fileError } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * const error = fileError('save', 'room for a file', 'out/a.png', { code: 'ENOSPC' });
 * assert.equal(error.message, 'save: expected room for a file, got a full disk at out/a.png; free some space or choose another place');
 * ```
 */
export function fileError(where: string, what: string, path: string, error: unknown): RddmError {
  if (error instanceof RddmError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const sentence = code === undefined ? undefined : sentences[code];
  // A caller without types may pass anything as a path.
  const name = typeof path === 'string' ? path : shown(path);
  const [got, remedy] = sentence?.(name) ?? [`${code ?? message ?? String(error)} at ${name}`, undefined];
  return expected(where, what, got, remedy);
}
