/**
 * The log of a training run, in two forms: `log.jsonl`, one line per step, for programs and people; and TensorBoard's
 * event files. A resumed run drops the lines of steps that it will repeat, so that the log looks like that of an
 * uninterrupted run.
 */
import { expected } from '../../math/errors.ts';
import { type EventContent, encodeEvent } from '../../train/event-file.ts';
import type { Store } from '../store.ts';
import { openGrowingFile } from './growing-file.ts';

/** One line of `log.jsonl`. */
export interface LogLine {
  readonly step: number;
  /** Values determined by seed and configuration. Numbers that JSON lacks are "NaN", "Infinity", "-Infinity". */
  readonly values: Readonly<Record<string, number | string>>;
  /** Seconds of training so far, without pauses between runs; this differs from run to run. */
  readonly seconds: number;
}

/** The open log of a run. Lines and pictures reach the disk within seconds, and at once with `flush`. */
export interface RunLog {
  /**
   * Logs the scalars of a step.
   *
   * @param words other values, which only `log.jsonl` records
   * @throws RddmError if an earlier line could not be written
   */
  scalars(step: number, values: Readonly<Record<string, number>>, words?: Readonly<Record<string, string>>): void;
  /**
   * Logs a picture, for TensorBoard only. @throws RddmError if it is not a PNG, or an earlier entry could not be
   * written
   */
  image(tag: string, step: number, png: Uint8Array): void;
  /** Returns when everything is on the disk. Call it before writing a checkpoint: the log must never lag behind one. */
  flush(): Promise<void>;
  /** Flushes both files. */
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

/** The step up to which a line is kept. */
const lastOf = ({ values }: LogLine, { resumeAt = 0, validatedAt = resumeAt }: LogOptions): number =>
  'validation/psnr' in values ? validatedAt : resumeAt;

/** Drops the lines after `resumeAt` and an unfinished end; returns the seconds of the last remaining line. */
async function rewind(store: Store, bytes: Uint8Array, options: LogOptions, where: string): Promise<number> {
  // Anything after the last line break is unfinished.
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  const parsed = lines.map(parseLine);
  const end = parsed.findLastIndex((line) => line !== undefined) + 1;
  const broken = parsed.slice(0, end).indexOf(undefined);
  if (broken !== -1 || (end === 0 && lines.length > 0)) {
    const got = `something else in line ${Math.max(broken, 0) + 1}`;
    throw expected(where, 'one line {"step": …, "values": …, "seconds": …} per step', got, 'move the file away');
  }
  const stays = (line: LogLine | undefined): line is LogLine =>
    line !== undefined && line.step <= lastOf(line, options);
  const kept = lines.filter((_, index) => stays(parsed[index]));
  await store.write(FILE, new TextEncoder().encode(kept.map((line) => `${line}\n`).join('')));
  return parsed.findLast(stays)?.seconds ?? 0;
}

/** The lines of a run's log so far; none if it has no log. */
export async function readLog(store: Store): Promise<LogLine[]> {
  const text = new TextDecoder().decode((await store.read(FILE)) ?? new Uint8Array());
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

/**
 * Numbers that increase with time, whatever the clock does: TensorBoard reads a folder's files in the order of their
 * names.
 */
function eventFileName(names: readonly string[]): string {
  const earlier = names.map((name) => Number(EVENTS.exec(name)?.[1] ?? 0));
  const number = Math.max(Math.floor(Date.now() / 1000), ...earlier.map((one) => one + 1));
  return `events.out.tfevents.${String(number).padStart(10, '0')}.rddm`;
}

const jsonNumber = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** Options for opening a log. */
export interface LogOptions {
  /**
   * The step of the checkpoint from which the run continues, 0 for the beginning: later lines are dropped, and
   * TensorBoard forgets later events. Undefined for a new run, which refuses the log of another one.
   */
  readonly resumeAt?: number | undefined;
  /** The last validation that the checkpoint knows of: lines of later ones are dropped too. By default all stay. */
  readonly validatedAt?: number | undefined;
  /** The title of a name in the store, for messages. */
  readonly titleOf?: (name: string) => string;
}

/**
 * Opens the log of a run in its store.
 *
 * @throws RddmError if there is a log already, `log.jsonl` is something else, or the files cannot be written
 */
export async function openLog(store: Store, options: LogOptions = {}): Promise<RunLog> {
  const { resumeAt, titleOf = String } = options;
  const before = await store.read(FILE);
  if (resumeAt === undefined && before) {
    const remedy = 'resume that run, or name another folder';
    throw expected('openRunLog', 'a folder without a log', titleOf(FILE), remedy);
  }
  const secondsBefore = resumeAt !== undefined && before ? await rewind(store, before, options, titleOf(FILE)) : 0;

  const lines = await openGrowingFile(store, FILE);
  const events = await openGrowingFile(store, eventFileName(await store.list()));
  const began = performance.now();
  const write = (step: number, content: EventContent): void =>
    events.append(encodeEvent({ ...content, step, wallTime: Date.now() / 1000 }));
  write(0, { kind: 'version' });
  // A START purges this and all later steps from the folder's earlier files.
  if (resumeAt !== undefined) write(resumeAt + 1, { kind: 'start' });

  const flush = async (): Promise<void> => {
    try {
      await lines.flush();
    } finally {
      await events.flush();
    }
  };
  return {
    scalars(step, values, words) {
      const seconds = Math.round(secondsBefore * 1000 + performance.now() - began) / 1000;
      lines.append(
        new TextEncoder().encode(`${JSON.stringify({ step, values: { ...values, ...words }, seconds }, jsonNumber)}\n`),
      );
      write(step, { kind: 'scalars', values });
    },
    image: (tag, step, png) => write(step, { kind: 'image', tag, png }),
    flush,
    close: flush,
  };
}
