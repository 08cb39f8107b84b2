/**
 * A training run that is killed again and again at random moments, and resumed each time, ends with the bytes of an
 * undisturbed run: `kill -9` while starting, choosing an objective, stepping, logging and saving.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeImage } from '../src/adapters/node/pictures/images.ts';
import { createRandom } from '../src/math/random.ts';

/** The moments differ each time; a failure prints the seed that repeats it. */
const SEED = Number(process.env.RDDM_KILL_SEED ?? Date.now());
const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'rddm-kill-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const plain = {
  model: { unet: { dim: 8, multipliers: [1, 2], groups: 4 }, schedule: { noiseStrength: 0.01 } },
  data: { kind: 'degraded', clean: join(folder, 'photos'), degradation: { kind: 'rain' }, crop: 16 },
  steps: 120,
  batch: 2,
  accumulation: 2,
  optimiser: { learningRate: 1e-3, decay: 'cosine', warmup: 5 },
  checkpointEvery: 3,
  sampleEvery: 15,
  logEvery: 1,
  validation: { share: 0.3, count: 2, every: 15 },
  seed: 7,
};

/** λ moves by about the learning rate per step, so it decides half-way. */
const automatic = { ...plain, objective: 'automatic', selection: { threshold: 0.03 }, steps: 60, sampleEvery: 9 };

before(async () => {
  mkdirSync(join(folder, 'photos'));
  for (let i = 0; i < 3; i++) {
    const random = createRandom(i, ['kill test']);
    const data = Uint8Array.from(
      { length: 48 * 40 * 3 },
      (_, at) => 128 + 90 * Math.sin(at / (20 + 10 * i)) + random.between(-20, 20),
    );
    await writeImage(join(folder, 'photos', `${i}.png`), { width: 48, height: 40, channels: 3, data });
  }
});

/** When to kill: milliseconds after the start, after the data is open, or after the first sample grid. */
interface Kill {
  readonly after: Stage;
  readonly milliseconds: number;
}

/** What a run prints at each stage. */
const signs = { start: '', opened: 'parameters', stepping: 'samples' } as const;
type Stage = keyof typeof signs;
const stages: readonly Stage[] = ['stepping', 'opened', 'start'];

/** The outcome of a run: its exit code, or null if killed, and when it reached each stage, in milliseconds. */
interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly reached: Readonly<Partial<Record<Stage | 'end', number>>>;
}

/** Runs the command and kills it at the given moment. */
function rddm(args: readonly string[], kill?: Kill): Promise<Outcome> {
  return new Promise((resolve) => {
    const began = performance.now();
    const reached: Partial<Record<Stage | 'end', number>> = {};
    const child = spawn(process.execPath, ['--import', 'tsx', join(repository, 'src/cli/main.ts'), 'train', ...args], {
      cwd: repository,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      for (const stage of stages) if (stderr.includes(signs[stage])) reached[stage] ??= performance.now() - began;
      if (kill && stderr.includes(signs[kill.after]))
        timer ??= setTimeout(() => child.kill('SIGKILL'), kill.milliseconds);
    };
    arm();
    child.stderr.on('data', (text) => {
      stderr += text;
      arm();
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      reached.end = performance.now() - began;
      resolve({ code, stderr, reached });
    });
  });
}

const losses = (run: string): unknown[] =>
  readFileSync(join(run, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { step, values } = JSON.parse(line);
      return { step, values };
    });

/** The time of each stage of an undisturbed run; the moments of killing are relative to it, on any machine. */
function lengthsOf({ reached }: Outcome): Record<Stage, number> {
  const { start = 0, opened = 0, stepping = 0, end = 0 } = reached;
  // Only a tenth of the steps, so that some kills come before the run is done.
  return { start: opened - start, opened: stepping - opened, stepping: (end - stepping) / 10 };
}

/**
 * Runs it once undisturbed and once killed `count` times, and compares their files; returns the undisturbed run's
 * output.
 */
async function endsTheSame(name: string, config: object, count: number): Promise<string> {
  const at = join(folder, name);
  mkdirSync(at);
  const file = join(at, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const quiet = join(at, 'quiet');
  const whole = await rddm([file, '--out', quiet]);
  assert.equal(whole.code, 0, whole.stderr);
  const lengths = lengthsOf(whole);

  const bytes = (run: string, file: string) => readFileSync(join(run, file));
  const checkFinished = (run: string): void => {
    const models = ['model', 'best'].flatMap((name) => [`${name}/weights.safetensors`, `${name}/config.json`]);
    for (const file of [...models, 'checkpoint.safetensors']) {
      assert.ok(bytes(quiet, file).equals(bytes(run, file)), `${file} differs`);
    }
    assert.deepEqual(losses(run), losses(quiet));
    assert.deepEqual(readdirSync(join(run, 'samples')), readdirSync(join(quiet, 'samples')));
    const left = readdirSync(run, { recursive: true }).map(String);
    assert.deepEqual(
      left.filter((name) => name.endsWith('.tmp') || name.startsWith('.lock')),
      [],
      'files of killed processes',
    );
  };

  const moment = createRandom(SEED, ['kill moments', name]);
  let disturbed = join(at, 'disturbed');
  let kills = 0;
  // A run may finish before its moment; then it is compared, and the next run gets the remaining kills.
  for (let attempt = 0; kills < count; attempt++) {
    assert.ok(attempt < 4 * count, `only ${kills} of ${attempt} runs could be killed before they were done`);
    // It may be killed before the run exists; then it is started again.
    const again = existsSync(join(disturbed, 'train.json')) ? ['--resume', disturbed] : [file, '--out', disturbed];
    const stage = stages[attempt % stages.length];
    const { code, stderr } = await rddm(again, { after: stage, milliseconds: moment.between(0, lengths[stage]) });
    if (code === null) {
      kills++;
      continue;
    }
    assert.equal(code, 0, stderr);
    checkFinished(disturbed);
    disturbed = join(at, `disturbed-${attempt}`);
  }
  // The last kill may have come before there was a run to resume.
  const last = existsSync(join(disturbed, 'train.json'))
    ? await rddm(['--resume', disturbed])
    : await rddm([file, '--out', disturbed]);
  assert.equal(last.code, 0, last.stderr);
  checkFinished(disturbed);
  return whole.stderr;
}

describe(`kill -9 and --resume (repeat with RDDM_KILL_SEED=${SEED})`, () => {
  it('ends with the same bytes after three kills', async () => {
    await endsTheSame('plain', plain, 3);
  });

  it('does so after two, while choosing its objective', async () => {
    assert.match(await endsTheSame('automatic', automatic, 2), /the network will predict/);
  });
});
