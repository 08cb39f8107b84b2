/** The log of a training run in its directory. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openLog, type RunLog } from '../../../operations/train/run-log.ts';
import { fileError } from '../files/file-error.ts';
import { folderStore } from '../files/folder-store.ts';

/**
 * Opens the log of a run in its directory, which is created if needed.
 *
 * @param resumeAt the step of the checkpoint from which the run continues, 0 for the beginning: later lines are
 *   dropped, and TensorBoard forgets later events. Undefined for a new run, which refuses the log of another one.
 * @throws RddmError if there is a log already, `log.jsonl` is something else, or the files cannot be written
 *
 * @example
 * ```ts
 * import { openRunLog } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtemp, readFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * const directory = await mkdtemp(`${tmpdir()}/rddm-`);
 * const log = await openRunLog(directory);
 * log.scalars(1, { loss: 0.5 });
 * await log.close();
 * const { step, values } = JSON.parse(await readFile(`${directory}/log.jsonl`, 'utf8'));
 * assert.deepEqual({ step, values }, { step: 1, values: { loss: 0.5 } });
 * ```
 */
export async function openRunLog(
  directory: string,
  { resumeAt }: { readonly resumeAt?: number | undefined } = {},
): Promise<RunLog> {
  const refuse = (error: unknown): never => {
    throw fileError('openRunLog', 'a folder to write to', directory, error);
  };
  await mkdir(directory, { recursive: true }).catch(refuse);
  await readdir(directory).catch(refuse);
  return openLog(folderStore(directory), { resumeAt, titleOf: (name) => join(directory, name) });
}
