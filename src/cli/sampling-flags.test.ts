import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, CommanderError } from 'commander';
import { addResearchOptions, type SamplingFlags, samplingOptions, stepsOption } from './sampling-flags.ts';

/** The sampler's options from a command line. */
function read(...words: string[]) {
  const walk = new Command('walk').exitOverride().configureOutput({ writeErr: () => {} });
  const command = addResearchOptions(walk.addOption(stepsOption()));
  return samplingOptions(command.parse(words, { from: 'user' }).opts<SamplingFlags>(), 'walk');
}

/** The existing options. */
const given = (options: object) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

test('omitted options are left to the model', () => {
  assert.deepEqual(given(read()), {});
});

test('every option reaches the sampler', () => {
  const words =
    '--steps 4 --times leading --method noise --update mixture --eta 0.5 --variance ddpm --noise-strength 0.25 --path residual-first';
  assert.deepEqual(given(read(...words.split(' '))), {
    ...{
      steps: 4,
      times: 'leading',
      method: 'noise',
      update: 'mixture',
      eta: 0.5,
      variance: 'ddpm',
      noiseStrength: 0.25,
      path: 'residual-first',
    },
  });
  assert.deepEqual(read('--path', ' 1,0.5 0.25,0.5  0,0 ').path, [
    [1, 0.5],
    [0.25, 0.5],
    [0, 0],
  ]);
  const { adjust } = read('--adjust', 'both', '--adjust-alpha', '3', '--adjust-index', 'kept');
  assert.deepEqual(adjust && given(adjust), { mode: 'both', alpha: 3, index: 'kept' });
  assert.deepEqual(given(read('--adjust', 'none').adjust ?? {}), { mode: 'none' });
});

test('wrong words are wrong usage', () => {
  for (const words of [
    ['--path', 'down'],
    ['--path', '1,1'],
    ['--path', '1,1 0'],
    ['--path', '1,1 0,x'],
    ['--path', '1,1 ,0'],
    ['--variance', 'fixed'],
    ['--method', 'clean'],
    ['--adjust', 'all'],
    ['--adjust-alpha', '-1'],
    ['--steps', '0'],
    ['--eta', '2'],
  ]) {
    assert.throws(() => read(...words), CommanderError, words.join(' '));
  }
});

test('exponents without the mode that uses them are refused', () => {
  assert.throws(
    () => read('--adjust-alpha', '2'),
    /walk: expected --adjust alpha or both with --adjust-alpha, got none/,
  );
  assert.throws(() => read('--adjust', 'alpha', '--adjust-beta', '2'), /--adjust beta or both.*got alpha/);
  assert.throws(() => read('--adjust', 'none', '--adjust-index', 'kept'), /alpha or beta or both with --adjust-index/);
});
