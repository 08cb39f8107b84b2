/**
 * The output of every command: results on stdout (tables for people, JSON for programs), progress on stderr. On a
 * terminal, progress is one line that rewrites itself; in a pipe or a log, a plain line every few seconds.
 */
import { stderr, stdout } from 'node:process';

/** A column of a table: its title, its value in a row, and its number of decimals. */
export interface Column<Row> {
  readonly title: string;
  /** Text is aligned left, numbers right; undefined and NaN print as a dash. */
  readonly value: (row: Row) => string | number | undefined;
  /** Default 2; 0 for counts. */
  readonly digits?: number;
}

/** A number of seconds as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/**
 * A speed with the unit on whichever side reads well: `12.5 steps/s`, or `3.2 s/step` if slower than one per second.
 */
export function formatRate(perSecond: number, unit = 'step'): string {
  if (!(perSecond > 0) || !Number.isFinite(perSecond)) return `? ${unit}s/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(perSecond < 100 ? 1 : 0)} ${unit}s/s`;
  return `${formatDuration(1 / perSecond)}/${unit}`;
}

function formatCell(value: string | number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (typeof value === 'string') return value;
  return Number.isFinite(value) ? value.toFixed(digits) : value > 0 ? '∞' : '−∞';
}

/**
 * Rows as aligned plain text: a line of titles, a rule, one line per row; two spaces between columns, none at the end.
 */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = columns.map(({ title, value, digits = 2 }) => {
    const values = rows.map(value);
    const texts = values.map((cell) => formatCell(cell, digits));
    const width = Math.max(title.length, ...texts.map((text) => text.length));
    const pad = (text: string) =>
      values.some((v) => typeof v === 'number') ? text.padStart(width) : text.padEnd(width);
    return [pad(title), '-'.repeat(width), ...texts.map(pad)];
  });
  const lines = Array.from({ length: rows.length + 2 }, (_, line) =>
    cells
      .map((column) => column[line])
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Prints rows as a table on stdout. */
export function printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
  stdout.write(formatTable(rows, columns));
}

/** JSON with the numbers that JSON lacks as strings: "Infinity" (the PSNR of identical pictures), "-Infinity", "NaN". */
export function formatJson(value: unknown): string {
  const plain = (_: string, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
  return `${JSON.stringify(value, plain, 2)}\n`;
}

/** Prints a value as JSON on stdout. */
export function printJson(value: unknown): void {
  stdout.write(formatJson(value));
}

/** The progress of something long. */
export interface Progress {
  /** Updates how much is done, with an optional detail. */
  update(done: number, detail?: string): void;
  /** Prints a separate line without disturbing the progress line. */
  log(line: string): void;
  /** Ends the line with the total and the time. Safe to call twice. */
  end(): void;
}

/** Options of `createProgress`; the stream and the clock are for tests. */
export interface ProgressOptions {
  /** The unit in the singular; default `image`. */
  readonly unit?: string;
  /** The count at the start, after a resume; default 0. */
  readonly start?: number;
  readonly stream?: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  /** Milliseconds. */
  readonly now?: () => number;
}

/** On a terminal the line is redrawn at most this often. */
const redrawMs = 100;
/** In a pipe or log a line appears at most this often. */
const lineMs = 10_000;

/** One line of progress: `label 12/40 ████░░░░ 30 %  2.1 images/s  14 s left  detail`. */
export function formatProgress(
  label: string,
  done: number,
  total: number,
  seconds: number,
  options: ProgressOptions = {},
): string {
  const { start = 0, unit = 'image' } = options;
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const filled = Math.round(share * 20);
  const parts = [
    `${label} ${done}/${total}`,
    `${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${Math.floor(share * 100)} %`,
  ];
  if (done > start && seconds > 0) {
    const rate = (done - start) / seconds;
    parts.push(formatRate(rate, unit));
    if (done < total) parts.push(`${formatDuration((total - done) / rate)} left`);
  }
  return parts.join('  ');
}

/**
 * Starts a progress display on stderr.
 *
 * @param label the activity, for example `training`
 * @param total the total count
 */
export function createProgress(label: string, total: number, options: ProgressOptions = {}): Progress {
  const { start = 0, stream = stderr, now = Date.now, unit = 'image' } = options;
  const terminal = stream.isTTY === true;
  const began = now();
  let done = start;
  let line = '';
  let shownAt = terminal ? Number.NEGATIVE_INFINITY : began;
  let ended = false;

  const elapsed = () => (now() - began) / 1000;
  /** Truncated to the terminal's width: a wrapped line could not be rewritten. */
  const draw = () => stream.write(`\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}`);
  return {
    update(current, detail) {
      if (ended) return;
      done = current;
      if (now() - shownAt < (terminal ? redrawMs : lineMs)) return;
      shownAt = now();
      line = formatProgress(label, done, total, elapsed(), options) + (detail ? `  ${detail}` : '');
      if (terminal) draw();
      else stream.write(`${line}\n`);
    },
    log(text) {
      stream.write(terminal && !ended ? `\r\x1b[K${text}\n` : `${text}\n`);
      if (terminal && !ended && line) draw();
    },
    end() {
      if (ended) return;
      ended = true;
      const count = done - start;
      const speed = count > 0 && elapsed() > 0 ? `, ${formatRate(count / elapsed(), unit)}` : '';
      stream.write(`${terminal ? '\r\x1b[K' : ''}${label}: ${done}/${total} in ${formatDuration(elapsed())}${speed}\n`);
    },
  };
}
