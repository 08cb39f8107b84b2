import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RddmError } from '../../../math/errors.ts';
import type { LogLine } from '../../../operations/train/run-log.ts';
import { openRunLog } from './run-log.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-run-log-'));
after(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(root, 'run-'));
const refuses = (run: Promise<unknown>, message: RegExp) =>
  assert.rejects(run, (error) => error instanceof RddmError && message.test(error.message), String(message));

const linesOf = (directory: string): LogLine[] =>
  readFileSync(join(directory, 'log.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const eventFiles = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith('events'))
    .sort();

/** The lengths of the records in an event file, read from their framing; the last one may be truncated. */
function recordLengths(path: string): number[] {
  const bytes = readFileSync(path);
  const lengths: number[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += 16 + lengths[lengths.length - 1]) {
    lengths.push(Number(bytes.readBigUInt64LE(at)));
  }
  return lengths;
}

/** Logs steps like a run, with values determined by the step. */
async function logSteps(directory: string, from: number, to: number, resumeAt?: number): Promise<void> {
  const log = await openRunLog(directory, { resumeAt });
  for (let step = from; step <= to; step++) log.scalars(step, { loss: 1 / step });
  await log.close();
}

test('a run leaves one line per step, and one event file with one record per step', async () => {
  const directory = join(folder(), 'made', 'when', 'needed');
  await logSteps(directory, 1, 3);
  assert.deepEqual(
    linesOf(directory).map(({ step, values }) => ({ step, values })),
    [1, 2, 3].map((step) => ({ step, values: { loss: 1 / step } })),
  );
  assert.ok(linesOf(directory).every(({ seconds }) => seconds >= 0 && seconds < 60));
  const [events] = eventFiles(directory);
  assert.match(events, /^events\.out\.tfevents\.\d{10}\.rddm$/);
  assert.equal(recordLengths(join(directory, events)).length, 4);
});

test('the log of a resumed run looks like that of an uninterrupted one', async () => {
  const [uninterrupted, resumed] = [folder(), folder()];
  await logSteps(uninterrupted, 1, 9);
  await logSteps(resumed, 1, 7);
  await logSteps(resumed, 5, 6, 4);
  await logSteps(resumed, 6, 9, 5);
  const comparable = (directory: string) => linesOf(directory).map(({ step, values }) => ({ step, values }));
  assert.deepEqual(comparable(resumed), comparable(uninterrupted));
  const seconds = linesOf(resumed).map((line) => line.seconds);
  assert.deepEqual(
    seconds,
    seconds.toSorted((a, b) => a - b),
  );
  // One file per run, in the order of the runs even within one second; each later one begins by saying what to forget.
  const files = eventFiles(resumed);
  assert.equal(files.length, 3);
  assert.deepEqual(recordLengths(join(resumed, files[2])).length, 1 + 1 + 4);
});

test('resuming at 0 starts over, with or without a log', async () => {
  const directory = folder();
  await logSteps(directory, 1, 2, 0);
  await logSteps(directory, 1, 1, 0);
  assert.deepEqual(
    linesOf(directory).map(({ step }) => step),
    [1],
  );
});

test('a half-written end is dropped', async () => {
  for (const tail of ['{"step": 3, "val', '\0\0\0', 'x\n', '{}\n{"step"']) {
    const directory = folder();
    await logSteps(directory, 1, 2);
    writeFileSync(join(directory, 'log.jsonl'), tail, { flag: 'a' });
    await logSteps(directory, 3, 3, 2);
    assert.deepEqual(
      linesOf(directory).map(({ step }) => step),
      [1, 2, 3],
    );
  }
});

test('numbers that JSON lacks are written as words', async () => {
  const directory = folder();
  const log = await openRunLog(directory);
  log.scalars(1, { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY });
  await log.close();
  assert.deepEqual(linesOf(directory)[0].values, { a: 'NaN', b: 'Infinity', c: '-Infinity' });
});

test('flush puts everything on the disk while the log stays open', async () => {
  const directory = folder();
  const log = await openRunLog(directory);
  log.scalars(1, { loss: 1 });
  await log.flush();
  assert.equal(linesOf(directory).length, 1);
  assert.equal(recordLengths(join(directory, eventFiles(directory)[0])).length, 2);
  log.scalars(2, { loss: 1 });
  await log.close();
  assert.equal(linesOf(directory).length, 2);
});

test('after kill -9 every complete line can be read, and the run continues', { timeout: 60_000 }, async () => {
  const directory = folder();
  const module = new URL('./run-log.ts', import.meta.url).href;
  const program = `
    const { openRunLog } = await import('${module}');
    const log = await openRunLog(${JSON.stringify(directory)});
    for (let step = 1; ; step++) { log.scalars(step, { loss: 1 / step }); await log.flush(); }`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const path = join(directory, 'log.jsonl');
  while (!existsSync(path) || readFileSync(path).length < 300) await sleep(20);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const before = readFileSync(path, 'utf8').split('\n').slice(0, -1).length;
  assert.ok(before >= 5);
  await logSteps(directory, 4, 6, 3);
  assert.deepEqual(
    linesOf(directory).map(({ step, values }) => [step, values.loss]),
    [1, 2, 3, 4, 5, 6].map((step) => [step, 1 / step]),
  );
});

test("another run's log, another file, and a place that cannot be written are refused, and not changed", async () => {
  const directory = folder();
  await logSteps(directory, 1, 1);
  await refuses(
    openRunLog(directory),
    /openRunLog: expected a folder without a log, got .*log\.jsonl; resume that run, or name another folder/,
  );
  const other = folder();
  for (const [text, line] of [
    ['a diary\n', 1],
    ['{"step":1,"values":{},"seconds":1}\nnonsense\n{"step":2,"values":{},"seconds":1}\n', 2],
    ['{"step":"1","values":{},"seconds":1}\n', 1],
    ['null\n', 1],
  ] as const) {
    writeFileSync(join(other, 'log.jsonl'), text);
    await refuses(openRunLog(other, { resumeAt: 1 }), new RegExp(`got something else in line ${line}; move the file`));
    assert.equal(readFileSync(join(other, 'log.jsonl'), 'utf8'), text);
    assert.deepEqual(readdirSync(other), ['log.jsonl']);
  }
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  await refuses(openRunLog(file), /openRunLog: expected a folder to write to, got a file instead of a folder/);
  const taken = folder();
  mkdirSync(join(taken, 'log.jsonl'));
  await refuses(openRunLog(taken, { resumeAt: 1 }), /expected a file to read, got a folder at/);
});

test('an invalid picture is refused at once', async () => {
  const log = await openRunLog(folder());
  assert.throws(() => log.image('samples', 1, Uint8Array.of(1, 2, 3)), /expected the bytes of a PNG file/);
  await log.close();
});
