/**
 * The log of a training run, twice: `log.jsonl`, a line a step, for programs and people; and TensorBoard's event files.
 * A resumed run drops the lines of steps that it will do again, so that the log looks as if nothing had happened.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expected } from '../../../math/errors.ts';
import { type EventContent, encodeEvent } from '../../../train/event-file.ts';
import { openAppendFile } from '../files/append-file.ts';
import { fileError } from '../files/file-error.ts';
import { readBytes, writeFileAtomic } from '../files/files.ts';

/** A line of `log.jsonl`. */
export interface LogLine {
  readonly step: number;
  /** What seed and configuration decide: the same in every run of them. Numbers that JSON lacks are "NaN", "Infinity", "-Infinity". */
  readonly values: Readonly<Record<string, number | string>>;
  /** Seconds of training until then, without the pauses between runs; no two runs agree in it. */
  readonly seconds: number;
}

/** The open log of a run. Lines and pictures reach the disk within seconds, and at once with `flush`. */
export interface RunLog {
  /**
   * Logs the scalars of a step.
   *
   * @param words other values, which only `log.jsonl` tells
   * @throws RddmError when an earlier line could not be written
   */
  scalars(step: number, values: Readonly<Record<string, number>>, words?: Readonly<Record<string, string>>): void;
  /** Logs a picture, for TensorBoard only. @throws RddmError when it is no PNG, or an earlier entry could not be written */
  image(tag: string, step: number, png: Uint8Array): void;
  /** Returns when everything is on the disk: before a checkpoint is written, since the log must never lag behind one. */
  flush(): Promise<void>;
  /** Flushes and closes both files. */
  close(): Promise<void>;
}

const FILE = 'log.jsonl';
const EVENTS = /^events\.out\.tfevents\.(\d+)\.rddm$/;

function parseLine(line: string): LogLine | undefined {
  try {
    const { step, values, seconds } = JSON.parse(line) as Partial<LogLine>;
    const valid = Number.isSafeInteger(step) && typeof values === 'object' && typeof seconds === 'number';
    return valid ? ({ step, values, seconds } as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

/** Drops the lines after `resumeAt` and what a crash left unfinished; returns the seconds of the last line that stays. */
async function rewind(path: string, resumeAt: number): Promise<number> {
  const text = new TextDecoder().decode(await readBytes(path, 'openRunLog'));
  // What follows the last line break was never finished.
  const lines = text.split('\n').slice(0, -1);
  const parsed = lines.map(parseLine);
  const end = parsed.findLastIndex((line) => line !== undefined) + 1;
  const broken = parsed.slice(0, end).indexOf(undefined);
  if (broken !== -1 || (end === 0 && lines.length > 0)) {
    const got = `something else in line ${Math.max(broken, 0) + 1}`;
    throw expected(path, 'a line {"step": …, "values": …, "seconds": …} a step', got, 'move the file away');
  }
  const stays = (line: LogLine | undefined): line is LogLine => line !== undefined && line.step <= resumeAt;
  const kept = lines.filter((_, index) => stays(parsed[index]));
  await writeFileAtomic(path, new TextEncoder().encode(kept.map((line) => `${line}\n`).join('')));
  return parsed.findLast(stays)?.seconds ?? 0;
}

/**
 * The lines of a run's log so far.
 *
 * @throws RddmError when the directory has none
 */
export async function readRunLog(directory: string): Promise<LogLine[]> {
  const text = new TextDecoder().decode(await readBytes(join(directory, FILE), 'readRunLog'));
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/** Numbers in the order of time, whatever the clock does: TensorBoard reads a folder's files in the order of their names. */
function eventFileName(names: readonly string[]): string {
  const earlier = names.map((name) => Number(EVENTS.exec(name)?.[1] ?? 0));
  const number = Math.max(Math.floor(Date.now() / 1000), ...earlier.map((one) => one + 1));
  return `events.out.tfevents.${String(number).padStart(10, '0')}.rddm`;
}

const jsonNumber = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/**
 * Opens the log of a run in its directory, which is created if needed.
 *
 * @param resumeAt the step of the checkpoint that the run goes on from, 0 for the beginning: later lines are dropped, and
 * TensorBoard is told to forget later events. Undefined for a new run, which refuses the log of another one.
 * @throws RddmError when there is a log already, `log.jsonl` is something else, or the files cannot be written
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
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw fileError('openRunLog', 'a folder to write to', directory, error);
  });
  const names = await readdir(directory).catch((error) => {
    throw fileError('openRunLog', 'a folder to write to', directory, error);
  });
  const path = join(directory, FILE);
  if (resumeAt === undefined && names.includes(FILE)) {
    throw expected('openRunLog', 'a folder without a log', path, 'resume that run, or name another folder');
  }
  const secondsBefore = resumeAt !== undefined && names.includes(FILE) ? await rewind(path, resumeAt) : 0;

  const lines = await openAppendFile(path);
  const events = await openAppendFile(join(directory, eventFileName(names))).catch(async (error) => {
    await lines.close();
    throw error;
  });
  const began = performance.now();
  const write = (step: number, content: EventContent): void =>
    events.append(encodeEvent({ ...content, step, wallTime: Date.now() / 1000 }));
  write(0, { kind: 'version' });
  // A START purges this step and all later ones of the folder's earlier files.
  if (resumeAt !== undefined) write(resumeAt + 1, { kind: 'start' });

  return {
    scalars(step, values, words) {
      const seconds = Math.round(secondsBefore * 1000 + performance.now() - began) / 1000;
      lines.append(
        new TextEncoder().encode(`${JSON.stringify({ step, values: { ...values, ...words }, seconds }, jsonNumber)}\n`),
      );
      write(step, { kind: 'scalars', values });
    },
    image: (tag, step, png) => write(step, { kind: 'image', tag, png }),
    async flush() {
      await lines.flush();
      await events.flush();
    },
    async close() {
      try {
        await lines.close();
      } finally {
        await events.close();
      }
    },
  };
}
