import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Command, CommanderError } from 'commander';
import { expected } from '../math/errors.ts';
import { describeFailure } from './failure.ts';

/** The error that `action` throws. */
function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('a refusal is one sentence and exit code 1', () => {
  const failure = describeFailure(expected('restore', 'a picture', 'notes.png', 'give a PNG or a JPEG'), undefined);
  assert.deepEqual(failure, {
    text: 'rddm: restore: expected a picture, got notes.png; give a PNG or a JPEG\n',
    code: 1,
  });
});

test('the option of the wrong field is named, if the command has one', () => {
  const command = new Command('restore').option('--noise-strength <x>');
  const textOf = (field: string, what = 'a number') =>
    describeFailure(expected('sample', what, 'x', { field }), undefined, command).text;
  assert.equal(textOf('noiseStrength'), 'rddm: sample: expected a number, got x (--noise-strength)\n');
  assert.equal(textOf('seed'), 'rddm: sample: expected a number, got x\n');
  assert.equal(textOf('noiseStrength', 'one --noise-strength'), 'rddm: sample: expected one --noise-strength, got x\n');
});

test('a name with control characters cannot reach the terminal', () => {
  const failed = describeFailure(
    thrownBy(() => readFileSync('no\u001b[2J\u202e/file')),
    undefined,
  );
  assert.match(failed.text, /^rddm: ENOENT.*no\\u001b\[2J\\u202e\/file'\n$/);
});

test('an error of the operating system is also a sentence', () => {
  const { text, code } = describeFailure(
    thrownBy(() => readFileSync('no/such/file')),
    undefined,
  );
  assert.match(text, /^rddm: ENOENT: no such file or directory, open '[^\n]*'\n$/);
  assert.equal(code, 1);
});

test('a bug keeps its stack trace and asks for a report', () => {
  const { text, code } = describeFailure(
    thrownBy(() => (undefined as unknown as string[]).length),
    undefined,
  );
  assert.match(text, /^TypeError: .*\n\s+at /);
  assert.match(text, /please report it/);
  assert.equal(code, 70);
  assert.match(describeFailure('a string', undefined).text, /thrown: a string/);
});

test('wrong usage is exit code 2, requested help is 0', () => {
  assert.equal(describeFailure(new CommanderError(1, 'commander.unknownOption', 'said'), undefined).code, 2);
  assert.equal(describeFailure(new CommanderError(0, 'commander.helpDisplayed', ''), undefined).code, 0);
});

test('an abort counts as a stop only if one was requested', () => {
  const abort = new DOMException('stopped by SIGINT', 'AbortError');
  assert.deepEqual(describeFailure(abort, 130), { text: 'rddm: stopped\n', code: 130 });
  assert.equal(describeFailure(abort, undefined).code, 70);
  assert.equal(describeFailure(expected('train', 'a folder', 'x'), 130).code, 1);
});
