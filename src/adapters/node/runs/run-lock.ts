/**
 * One process at a time works in a run's directory: two would remove each other's unfinished files and mix their logs. The
 * lock is an empty file whose name ends in the process's number, so that lock and owner appear in one step, and a lock
 * whose owner is gone (`kill -9`, a power cut) can be told and removed. Computers that share a disk do not see each
 * other's processes; keeping them apart is left out.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expected } from '../../../math/errors.ts';
import { fileError } from '../files/file-error.ts';

const prefix = '.lock-';

/** Directories that this process works in: its number alone cannot tell a second run of its own. */
const held = new Set<string>();

function isAlive(pid: number): boolean {
  try {
    // Signal 0 asks whether there is such a process, and does nothing to it.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refusal(directory: string, pid: number): Error {
  const remedy = `wait for it or stop it; where it is something else, remove ${join(directory, prefix + pid)}`;
  return expected('train', `a run that nobody else works on in ${directory}`, `process ${pid}, which does`, remedy);
}

/** The processes that a directory is locked for, by the names of its files. */
const owners = (names: readonly string[]): number[] =>
  names.filter((name) => /^\.lock-\d+$/.test(name)).map((name) => Number(name.slice(prefix.length)));

/**
 * Locks an existing directory for this process; a lock that a dead process left behind is removed.
 *
 * @returns what unlocks it
 * @throws RddmError when a living process has it, or it cannot be written to
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
    // First claim, then look: of two that start at once neither can miss the other.
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
