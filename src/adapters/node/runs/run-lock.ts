/**
 * One process at a time works in a run's directory: two would remove each other's unfinished files and mix their logs.
 * The lock is an empty file whose name ends in the process id, so that lock and owner appear in one step, and a lock
 * whose owner is gone (`kill -9`, a power cut) can be recognised and removed. Computers that share a disk do not see
 * each other's processes, so this does not keep them apart.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expected } from '../../../math/errors.ts';
import { fileError } from '../files/file-error.ts';

const prefix = '.lock-';

/** Directories that this process works in: its id alone does not reveal a second run of its own. */
const held = new Set<string>();

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only checks whether there is such a process.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process also counts.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refusal(directory: string, pid: number): Error {
  const remedy = `wait for it or stop it; if it is something else, remove ${join(directory, prefix + pid)}`;
  return expected(
    'train',
    `a run that no other process works on in ${directory}`,
    `process ${pid}, which does`,
    remedy,
  );
}

/** The processes that lock a directory, from the names of its files. */
const owners = (names: readonly string[]): number[] =>
  names.filter((name) => /^\.lock-\d+$/.test(name)).map((name) => Number(name.slice(prefix.length)));

/**
 * Locks an existing directory for this process; the lock of a dead process is removed.
 *
 * @returns a function that unlocks it
 * @throws RddmError if a living process has it, or it cannot be written to
 */
export async function lockRun(directory: string): Promise<() => Promise<void>> {
  const path = resolve(directory);
  const own = join(path, prefix + process.pid);
  if (held.has(path)) throw refusal(directory, process.pid);
  held.add(path);
  const unlock = async (): Promise<void> => {
    held.delete(path);
    await rm(own, { force: true });
  };
  try {
    // First claim, then look: of two processes that start at once, neither can miss the other.
    await writeFile(own, '');
    for (const pid of owners(await readdir(path))) {
      if (pid === process.pid) continue;
      if (isAlive(pid)) throw refusal(directory, pid);
      await rm(join(path, prefix + pid), { force: true });
    }
  } catch (error) {
    await unlock().catch(() => {});
    throw fileError('train', 'a folder to write to', directory, error);
  }
  return unlock;
}
