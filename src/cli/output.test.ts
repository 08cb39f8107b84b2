import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress, formatDuration, formatJson, formatProgress, formatRate, formatTable } from './output.ts';

/** A stream that records its output, and a clock that is set by hand. */
function recorder(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let time = 1000;
  return {
    written,
    pass: (ms: number) => {
      time += ms;
    },
    options: { stream: { write: (text: string) => written.push(text), isTTY, columns }, now: () => time },
  };
}

test('durations read naturally, without "60 s"', () => {
  const said = [0, 0.44, 9.94, 9.96, 59.4, 59.6, 200, 3599.6, 7500].map(formatDuration);
  assert.deepEqual(said, [
    '0.0 s',
    '0.4 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '3 min 20 s',
    '1 h 00 min',
    '2 h 05 min',
  ]);
  assert.equal(formatDuration(Number.POSITIVE_INFINITY), 'unknown');
});

test('rates put the unit on the side that reads well', () => {
  assert.equal(formatRate(12.54), '12.5 steps/s');
  assert.equal(formatRate(1234, 'image'), '1234 images/s');
  assert.equal(formatRate(0.3125), '3.2 s/step');
  assert.equal(formatRate(1 / 90, 'image'), '1 min 30 s/image');
  assert.equal(formatRate(0), '? steps/s');
});

test('tables align text left and numbers right, and mark what is not a number', () => {
  const rows = [
    { name: 'a', dB: 7.126, n: 3 },
    { name: 'longer', dB: Number.POSITIVE_INFINITY, n: 12 },
    { name: '', dB: Number.NaN, n: undefined },
  ];
  const table = formatTable(rows, [
    { title: 'image', value: (row) => row.name },
    { title: 'PSNR', value: (row) => row.dB },
    { title: 'n', value: (row) => row.n, digits: 0 },
  ]);
  assert.equal(
    table,
    ['image   PSNR   n', '------  ----  --', 'a       7.13   3', 'longer     ∞  12', '           –   –', ''].join('\n'),
  );
  assert.equal(formatTable([], [{ title: 'x', value: () => 1 }]), 'x\n-\n');
});

test('JSON keeps the numbers that JSON lacks', () => {
  const value = { psnr: Number.POSITIVE_INFINITY, mae: [Number.NaN, 1.5] };
  assert.deepEqual(JSON.parse(formatJson(value)), { psnr: 'Infinity', mae: ['NaN', 1.5] });
});

test('a progress line shows share, speed and time left, counted from its start', () => {
  const line = formatProgress('training', 60, 100, 5, { start: 50, unit: 'step' });
  assert.equal(line, 'training 60/100  ████████████░░░░░░░░ 60 %  2.0 steps/s  20 s left');
  assert.equal(formatProgress('x', 0, 4, 0), 'x 0/4  ░░░░░░░░░░░░░░░░░░░░ 0 %');
  assert.ok(!formatProgress('x', 4, 4, 2).includes('left'));
});

test('on a terminal one line is rewritten, not too often and never wider than the terminal', () => {
  const { written, pass, options } = recorder(true, 40);
  const progress = createProgress('restoring', 10, options);
  progress.update(0, 'first.png');
  pass(50);
  progress.update(1);
  assert.equal(written.length, 1);
  pass(60);
  progress.update(2, 'a name that is much too long for this terminal.png');
  assert.equal(written.length, 2);
  assert.ok(written.every((text) => text.startsWith('\r\x1b[K') && !text.includes('\n') && text.length <= 4 + 39));
  progress.log('a warning');
  assert.deepEqual(written.slice(2), ['\r\x1b[Ka warning\n', written[1]]);
  pass(3890);
  progress.update(10);
  progress.end();
  progress.end();
  progress.update(3);
  assert.equal(written.at(-1), '\r\x1b[Krestoring: 10/10 in 4.0 s, 2.5 images/s\n');
  assert.equal(written.length, 6);
});

test('a pipe gets whole plain lines, one in ten seconds, and one at the end', () => {
  const { written, pass, options } = recorder(false);
  const progress = createProgress('restoring', 100, options);
  for (let done = 1; done <= 100; done++) {
    pass(250);
    progress.update(done);
  }
  progress.log('note');
  progress.end();
  assert.equal(written.length, 4);
  assert.ok(written.every((text) => text.endsWith('\n') && !text.includes('\r') && !text.includes('\x1b')));
  assert.match(written[0], /^restoring 40\/100 {2}█{8}░{12} 40 % {2}4\.0 images\/s {2}15 s left\n$/);
  assert.deepEqual(written.slice(2), ['note\n', 'restoring: 100/100 in 25 s, 4.0 images/s\n']);
});
