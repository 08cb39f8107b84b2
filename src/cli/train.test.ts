/** The command as a process, on a tiny network: wrong usage, refusals, Ctrl-C, and going on from anywhere. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { writeImage } from '../adapters/node/pictures/images.ts';
import { RddmError } from '../math/errors.ts';
import { createRandom } from '../math/random.ts';
import { trainConfig } from '../train/config.ts';
import { registerTrain } from './train.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-train-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = (name: string): string => join(root, `${name}-${count++}`);

const photos = join(root, 'photos');
mkdirSync(photos);
for (const name of ['a.png', 'b.png']) {
  const random = createRandom(0, ['train test', name]);
  const data = Uint8Array.from({ length: 24 * 20 * 3 }, () => random.integer(256));
  await writeImage(join(photos, name), { width: 24, height: 20, channels: 3, data });
}

/** A configuration file of this text. */
function configFile(text: string): string {
  const path = fresh('config.json');
  writeFileSync(path, text);
  return path;
}

const tiny = {
  model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
  data: { kind: 'degraded', clean: photos, crop: 8, degradation: { kind: 'rain' } },
  steps: 2,
  accumulation: 1,
  logEvery: 1,
  sampleEvery: 0,
};
const config = (fields: object = {}): string => configFile(JSON.stringify({ ...tiny, ...fields }));

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
/** By its address, so that a process finds it in whatever folder it runs. */
const nodeArguments = ['--import', import.meta.resolve('tsx'), main, 'train'];

/** Runs `rddm train` as a person does. */
function rddm(words: readonly string[], cwd = root): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...nodeArguments, ...words], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** The command without a process. */
function program(write: (text: string) => void = () => {}): Command {
  const parent = new Command('rddm').exitOverride();
  registerTrain(parent);
  for (const command of parent.commands) command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  return parent;
}

/** What it throws. */
async function refusal(...words: string[]): Promise<Error> {
  const failure = await program()
    .parseAsync(['node', 'rddm', 'train', ...words])
    .catch((error) => error);
  assert.ok(failure instanceof Error, `${words.join(' ')} was not refused`);
  return failure;
}

test('options of the wrong form are wrong usage', async () => {
  const words = [
    '--steps 1.5',
    '--steps 0',
    '--steps many',
    '--steps -3',
    '--seed 0.5',
    '--seed one',
    '--learning-rate 0',
    '--learning-rate -1',
    '--learning-rate low',
    '--device tpu',
    '--device reference',
    '--lerning 3',
    'another',
  ];
  for (const word of words) {
    const error = await refusal(config(), '--out', join(root, 'never'), ...word.split(' '));
    assert.ok(error instanceof CommanderError, word);
  }
  assert.ok((await refusal('--steps')) instanceof CommanderError);
  assert.ok(!existsSync(join(root, 'never')));
});

test('wrong usage is exit code 2, says what is right, and starts nothing', async () => {
  const { code, stdout, stderr } = await rddm([config(), '--out', join(root, 'never'), '--steps', '1.5']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /'--steps <n>' argument '1\.5' is invalid\. expected a whole number from 1\./);
  assert.ok(!existsSync(join(root, 'never')));
});

test('the help names every preset and recipe, and each is a configuration', async () => {
  let text = '';
  const parent = program((written) => {
    text += written;
  });
  await assert.rejects(parent.parseAsync(['node', 'rddm', 'train', '--help']), CommanderError);
  const namesIn = (folder: string): string[] =>
    readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url))).map((file) => basename(file, '.json'));
  const [presets, recipes] = [namesIn('presets'), namesIn('recipes').map((name) => `recipes/${name}`)];
  assert.ok(presets.length > 0 && recipes.length > 0);
  assert.ok(text.includes(`the name of a preset (${presets.join(', ')})`), text);
  assert.ok(text.includes(`in one step (${recipes.join(', ')})`), text);
  for (const name of [...presets.map((preset) => `presets/${preset}`), ...recipes]) {
    const path = fileURLToPath(new URL(`../../${name}.json`, import.meta.url));
    assert.ok(trainConfig(JSON.parse(readFileSync(path, 'utf8')), name).steps > 0);
  }
});

describe('refusals are one sentence, and leave no run', () => {
  const never = join(root, 'no-run');
  const run = join(root, 'some-run');
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['nothing to train', [], /^train: expected pictures \(.*\), a configuration, or --resume RUN, got none/],
    ['no --out', ['derain'], /^train: expected --out, a directory for the run, got none/],
    [
      'an unknown preset',
      ['fog', '--out', never],
      /^train: expected a configuration file, a preset or a recipe \(.*derain.*recipes\/derain.*\), got fog/,
    ],
    [
      'null',
      [configFile('null'), '--out', never],
      /config\.json-\d+: expected a configuration, an object in JSON, got null/,
    ],
    ['a list', [configFile('[1, 2]'), '--out', never], /an object in JSON, got \[1,2\]/],
    ['a number', [configFile('7'), '--out', never], /an object in JSON, got 7/],
    ['a text', [configFile('"derain"'), '--out', never], /an object in JSON, got "derain"/],
    ['no JSON', [configFile('steps: 5'), '--out', never], /expected JSON, got invalid JSON/],
    ['an unknown field', [config({ lerning: 1 }), '--out', never], /expected only the keys model, .*, got "lerning"/],
    [
      'half of a pair',
      [config(), '--out', never, '--input', photos],
      /expected input and target together, got only input/,
    ],
    ['the other half', [config(), '--out', never, '--target', photos], /got only target/],
    [
      'pairs and clean photographs',
      [config(), '--out', never, '--input', photos, '--target', root, '--clean', photos],
      /expected clean pictures, or input and target, got both/,
    ],
    [
      'a folder for both',
      [config(), '--out', never, '--input', photos, '--target', photos],
      /clean pictures other than the input/,
    ],
    [
      'a mask for rain',
      [config(), '--out', never, '--mask', photos],
      /"data": expected only the keys kind, .*, got "mask"/,
    ],
    [
      'a file to exclude that is none',
      [config(), '--out', never, '--exclude', 'c.png'],
      /names of existing files to exclude/,
    ],
    ['a run that is none', ['--resume', never], /^train: expected a run with train\.json in .*, got none/],
    ['a run and a configuration', [config(), '--resume', run], /expected --resume RUN alone/],
    ['a run and --out', ['--resume', run, '--out', never], /expected --resume RUN alone/],
    ...['--clean', '--input', '--target', '--mask', '--exclude'].map(
      (flag) =>
        [
          `a run and ${flag}`,
          ['--resume', run, flag, photos],
          new RegExp(
            `^train: expected the data and the seed that the run began with, got "${flag.slice(2)}"; leave it out`,
          ),
        ] as const,
    ),
    ['a run and --seed', ['--resume', run, '--seed', '0'], /the data and the seed that the run began with, got "seed"/],
  ];
  for (const [what, words, message] of cases) {
    test(what, async () => {
      const error = await refusal(...words);
      assert.ok(error instanceof RddmError, error.stack);
      assert.match(error.message, message);
      assert.ok(!error.message.includes('\n'));
      assert.ok(!existsSync(never));
    });
  }
});

test('a run from start to end, told in JSON; a second one over it is refused, and a finished one is extended', async () => {
  const out = fresh('run');
  const first = await rddm([config(), '--out', out, '--json', '--seed', '5', '--exclude', 'b.png']);
  assert.equal(first.code, 0, first.stderr);
  const { loss, seconds, ...report } = JSON.parse(first.stdout);
  assert.deepEqual(report, {
    run: out,
    model: join(out, 'model'),
    outcome: 'finished',
    steps: 2,
    of: 2,
    startedAt: 0,
  });
  assert.ok(loss > 0 && seconds > 0);
  assert.match(
    first.stderr,
    /^1 pictures, 0\.\d\d M parameters, starting from random weights\n[\s\S]*training: 2\/2 in /,
  );
  const { seed, data } = JSON.parse(readFileSync(join(out, 'train.json'), 'utf8'));
  assert.deepEqual([seed, data.exclude], [5, ['b.png']]);

  const checkpoint = readFileSync(join(out, 'checkpoint.safetensors'));
  const again = await rddm([config(), '--out', out]);
  assert.deepEqual([again.code, again.stdout], [1, '']);
  assert.match(
    again.stderr,
    /^rddm: train: expected a directory without a run, got [^\n]*; resume it, or choose another directory \(--out\)\n$/,
  );
  const fewer = await rddm(['--resume', out, '--steps', '1']);
  assert.equal(fewer.code, 1);
  assert.match(fewer.stderr, /rddm: train: expected at least the 2 steps already done, got 1/);
  assert.deepEqual(readFileSync(join(out, 'checkpoint.safetensors')), checkpoint);
  assert.equal(JSON.parse(readFileSync(join(out, 'train.json'), 'utf8')).steps, 2);

  const more = await rddm(['--resume', out, '--steps', '3']);
  assert.equal(more.code, 0, more.stderr);
  assert.match(more.stderr, /continuing after step 2\n/);
  assert.match(more.stdout, /^trained in [^\n]*model\n$/);
});

test('Ctrl-C saves, says how to go on, and exits with 130; the run goes on from another folder', async () => {
  const steps = 1_000_000;
  const folder = fresh('here');
  mkdirSync(folder);
  const path = config({ steps, checkpointEvery: steps, data: { ...tiny.data, clean: '../photos' } });
  const child = spawn(process.execPath, [...nodeArguments, path, '--out', 'run'], { cwd: folder });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const closed = once(child, 'close');
  // The first lines of the log are on the disk two seconds after the first step.
  const log = join(folder, 'run', 'log.jsonl');
  while (child.exitCode === null && !(existsSync(log) && readFileSync(log).length > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGINT');
  const [code] = await closed;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /stopping at the next safe point[\s\S]*rddm: stopped\n$/);
  const [, done] = /^stopped after step (\d+); continue with: rddm train --resume run\n$/.exec(stdout) ?? [];
  assert.ok(Number(done) >= 1, stdout);
  const files = readdirSync(join(folder, 'run'), { recursive: true }).map(String);
  assert.ok(files.includes('checkpoint.safetensors'));
  assert.ok(!files.some((name) => name.endsWith('.tmp')), files.join());

  const end = Number(done) + 2;
  const resumed = await rddm(['--resume', join(folder, 'run'), '--steps', String(end), '--json']);
  assert.equal(resumed.code, 0, resumed.stderr);
  const { outcome, startedAt, steps: reached } = JSON.parse(resumed.stdout);
  assert.deepEqual({ outcome, startedAt, reached }, { outcome: 'finished', startedAt: Number(done), reached: end });
  const logged = readFileSync(log, 'utf8').trim().split('\n');
  assert.deepEqual(
    logged.map((line) => JSON.parse(line).step),
    Array.from({ length: end }, (_, i) => i + 1),
  );
});

test('--validate shows the scores while training, and the best at the end', async () => {
  const directory = fresh('run');
  const { code, stdout, stderr } = await rddm([config({ steps: 3 }), '--validate', '0.5', '--out', directory]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /1 pictures \(and 1 to validate on\), /);
  const scores = String.raw`-?\d+\.\d\d dB, SSIM -?\d\.\d{4} \(input \d+\.\d\d dB, SSIM -?\d\.\d{4}\)`;
  assert.match(stderr, new RegExp(`step 3: validation ${scores}, the best so far`));
  assert.match(stdout, new RegExp(`^trained in .*model\nbest after step 3, ${scores}: \\S+best\n$`));
  assert.ok(existsSync(join(directory, 'best', 'config.json')));
  const again = await rddm(['--resume', directory, '--json']);
  const { best } = JSON.parse(again.stdout);
  assert.deepEqual([best.step, best.model], [3, join(directory, 'best')]);
  assert.ok(best.psnr > 0 && best.input.psnr > 0);
});

test('--init starts from a model, by its folder, and says so', async () => {
  const [first, second] = [fresh('run'), fresh('run')];
  assert.equal((await rddm([config(), '--out', first])).code, 0);
  const { code, stderr } = await rddm([config(), '--init', join(first, 'model'), '--out', second]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`starting from ${basename(first)}/model`));
  const { init } = JSON.parse(readFileSync(join(second, 'train.json'), 'utf8'));
  assert.equal(init.model, `${basename(first)}/model`);
  const cases: [string[], RegExp][] = [
    [[config(), '--out', fresh('run'), '--init', first], /which has no config\.json; its model is \S+model/],
    [['--resume', second, '--init', join(first, 'model')], /expected --init for a new run, got one that goes on too/],
    [
      [
        config({ model: { unet: { dim: 8, multipliers: [1], groups: 2 } } }),
        '--out',
        fresh('run'),
        '--init',
        join(first, 'model'),
      ],
      /expected the \d+ weights of the network, got \d+ of another shape/,
    ],
  ];
  for (const [words, message] of cases) assert.match((await refusal(...words)).message, message);
});
