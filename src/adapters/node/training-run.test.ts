/** Training in a directory, on the CPU runtime with networks of a few hundred weights: what lies there, and what stays. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Image } from '../../data/image.ts';
import { RddmError } from '../../math/errors.ts';
import { createRandom } from '../../math/random.ts';
import { averagedWeights, decodeCheckpoint } from '../../train/checkpoint.ts';
import { type TrainConfig, type TrainConfigInput, trainConfig } from '../../train/config.ts';
import { loadModel } from './files.ts';
import { readImage, writeImage } from './images.ts';
import { createOrtRuntime } from './ort-runtime.ts';
import { readRunConfig, runTraining, type TrainingRunEvent } from './training-run.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-run-'));
const runtime = createOrtRuntime({ threads: 1 });
after(async () => {
  await runtime.close();
  rmSync(root, { recursive: true, force: true });
});

let count = 0;
/** A path in the temporary folder that nothing has yet. */
const fresh = (name: string): string => join(root, `${name}-${count++}`);

function picture(seed: number, channels: 1 | 3 = 3): Image {
  const random = createRandom(seed, ['training run test']);
  const data = Uint8Array.from({ length: 24 * 20 * channels }, () => random.integer(256));
  return { width: 24, height: 20, channels, data };
}

/** A new folder of pictures of these names. */
async function folderOf(names: readonly string[], channels: 1 | 3 = 3): Promise<string> {
  const folder = fresh('pictures');
  mkdirSync(folder);
  for (const [i, name] of names.entries()) await writeImage(join(folder, name), picture(i, channels));
  return folder;
}

const photos = await folderOf(['a.png', 'b.png']);
const unet = { dim: 4, multipliers: [1], groups: 2 };
const data = (clean: string) => ({ kind: 'degraded', clean, crop: 8, degradation: { kind: 'rain' } }) as const;

const configOf = (fields: Partial<TrainConfigInput> = {}): TrainConfig =>
  trainConfig({
    model: { unet, sampling: { steps: 1 } },
    data: data(photos),
    steps: 4,
    batch: 2,
    accumulation: 1,
    optimiser: { learningRate: 1e-3 },
    logEvery: 1,
    checkpointEvery: 2,
    sampleEvery: 0,
    ...fields,
  });

/** What is done while a run tells: stops it, for example. */
type Listener = (event: TrainingRunEvent, stop: () => void) => void;

async function run(
  config: TrainConfig,
  directory: string,
  mode: 'new' | 'resume' = 'new',
  listen: Listener = () => {},
) {
  const controller = new AbortController();
  const told: string[] = [];
  for await (const event of runTraining({ config, directory, runtime, mode, signal: controller.signal })) {
    told.push(event.kind === 'saved' ? `${event.reason} ${event.step}` : `${event.kind} ${event.step}`);
    listen(event, () => controller.abort());
  }
  return told;
}

const stopAt =
  (step: number): Listener =>
  (event, stop) => {
    if (event.kind === 'step' && event.step === step) stop();
  };

/** Every file below a folder with its bytes and the time of its last change. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [relative(folder, path), `${statSync(path).mtimeMs} ${readFileSync(path, 'base64')}`];
    }),
  );
}

/** The files of a run; the event file's name tells the time. */
const files = (directory: string): string[] =>
  Object.keys(contents(directory))
    .map((path) => path.replaceAll('\\', '/').replace(/tfevents\.\d+\./, 'tfevents.N.'))
    .sort();

const bytes = (directory: string, ...path: string[]): Buffer => readFileSync(join(directory, ...path));

const values = (directory: string): unknown[] =>
  bytes(directory, 'log.jsonl')
    .toString()
    .trim()
    .split('\n')
    .map((line) => {
      const { step, values } = JSON.parse(line);
      return { step, values };
    });

test('a run leaves its configuration, a checkpoint, a model, logs and grids, and nothing else', async () => {
  const directory = fresh('run');
  const config = configOf({ sampleEvery: 2 });
  const told = await run(config, directory);
  assert.deepEqual(
    told.filter((word) => !word.startsWith('samples')),
    ['opened 0', 'step 1', 'step 2', 'due 2', 'step 3', 'step 4', 'finished 4'],
  );
  assert.deepEqual(
    told.filter((word) => word.startsWith('samples')),
    ['samples 2', 'samples 4'],
  );
  assert.deepEqual(files(directory), [
    'checkpoint.safetensors',
    'events.out.tfevents.N.rddm',
    'log.jsonl',
    'model/config.json',
    'model/weights.safetensors',
    'samples/step-0000002.png',
    'samples/step-0000004.png',
    'train.json',
  ]);
  assert.deepEqual(await readRunConfig(directory), config);
  // Input, restored and clean, a row a picture, four pixels apart.
  const grid = await readImage(join(directory, 'samples', 'step-0000004.png'));
  assert.deepEqual([grid.width, grid.height, grid.channels], [3 * 8 + 2 * 4, 2 * 8 + 4, 3]);

  const checkpoint = decodeCheckpoint(bytes(directory, 'checkpoint.safetensors'), config, 'checkpoint');
  assert.equal(checkpoint.step, 4);
  const model = await loadModel(join(directory, 'model'));
  assert.deepEqual({ ...model.weights }, averagedWeights(config, checkpoint.states));
  const { training } = model.config;
  assert.equal(training?.steps, 4);
  // A model travels: of the photographs' place only the last name is told.
  assert.equal((training as { data: { clean: string } }).data.clean, basename(photos));
  assert.ok(!bytes(directory, 'model', 'config.json').includes(root));
  assert.equal(values(directory).length, 4);
});

test('pairs and masks of .flist files train a network that sees the mask', async () => {
  const [clean, rainy, masks] = [
    await folderOf(['0.png', '1.png']),
    await folderOf(['0r.png', '1r.png']),
    await folderOf(['0m.png', '1m.png'], 1),
  ];
  const list = (folder: string, ...names: string[]): string => {
    const path = fresh('list.flist');
    writeFileSync(path, names.map((name) => `${basename(folder)}/${name}\n`).join(''));
    return path;
  };
  const config = trainConfig({
    ...configOf(),
    model: { unet, sampling: { steps: 1 }, task: 'shadow-removal', condition: 'input-and-mask' },
    data: {
      kind: 'flist',
      input: list(rainy, '0r.png', '1r.png'),
      target: list(clean, '0.png', '1.png'),
      mask: list(masks, '0m.png', '1m.png'),
      crop: 8,
    },
    steps: 1,
    sampleEvery: 2,
  });
  const directory = fresh('run');
  const told = await run(config, directory);
  assert.deepEqual([told[0], told[1], told.includes('finished 1')], ['opened 0', 'step 1', true]);
  const { width, height } = await readImage(join(directory, 'samples', 'step-0000001.png'));
  assert.deepEqual([width, height], [32, 20]);
});

test('pictures alone train a generator, whose grid shows what it makes', async () => {
  const model = { unet, sampling: { steps: 1 }, task: 'generation', condition: 'none', objective: 'noise' } as const;
  const images = { kind: 'images', folder: photos, crop: 8 } as const;
  const directory = fresh('run');
  await run(trainConfig({ ...configOf(), model, data: images, steps: 1, sampleEvery: 2 }), directory);
  const { width, height } = await readImage(join(directory, 'samples', 'step-0000001.png'));
  assert.deepEqual([width, height], [8, 20]);
});

describe('stopping and resuming', () => {
  test('a stopped and resumed run ends with the bytes of one that nobody stopped', async () => {
    const config = configOf({ checkpointEvery: 100, accumulation: 2 });
    const [whole, halves] = [fresh('run'), fresh('run')];
    await run(config, whole);
    const told = await run(config, halves, 'new', stopAt(3));
    assert.equal(told.join(), 'opened 0,step 1,step 2,step 3,stopped 3');
    assert.deepEqual(await run(await readRunConfig(halves), halves, 'resume'), ['opened 3', 'step 4', 'finished 4']);
    for (const file of ['checkpoint.safetensors', 'train.json', 'model/weights.safetensors', 'model/config.json']) {
      assert.ok(bytes(whole, file).equals(bytes(halves, file)), file);
    }
    assert.deepEqual(values(halves), values(whole));
  });

  test('a stop while a grid is due saves the steps that are done', async () => {
    const directory = fresh('run');
    const told = await run(configOf({ sampleEvery: 2 }), directory, 'new', stopAt(2));
    assert.match(told[told.length - 1], / 2$/);
    const { step } = decodeCheckpoint(bytes(directory, 'checkpoint.safetensors'), configOf(), 'checkpoint');
    assert.equal(step, 2);
  });

  test('a run stopped before its first step can be resumed, and has no model yet', async () => {
    const directory = fresh('run');
    const told = await run(configOf(), directory, 'new', (event, stop) => {
      if (event.kind === 'opened') stop();
    });
    assert.deepEqual(told, ['opened 0']);
    assert.ok(!files(directory).some((path) => /safetensors|model/.test(path)), files(directory).join());
    assert.equal((await run(await readRunConfig(directory), directory, 'resume')).at(-1), 'finished 4');
  });

  test('a folder is written down with its whole path, so that a run goes on from anywhere', async () => {
    const directory = fresh('run');
    await run(configOf({ data: data(relative(process.cwd(), photos)), steps: 1 }), directory);
    assert.deepEqual((await readRunConfig(directory)).data, configOf().data);
  });

  test('what a killed process left half-written goes away', async () => {
    const directory = fresh('run');
    await run(configOf(), directory, 'new', stopAt(1));
    const left = files(directory);
    const halves = ['.train.json.0123456789ab.tmp', 'model/.weights.safetensors.0123456789ab.tmp'];
    for (const path of halves) writeFileSync(join(directory, path), 'half');
    writeFileSync(join(directory, 'notes.tmp'), 'a person’s own');
    await run(configOf(), directory, 'resume');
    const now = new Set(files(directory));
    assert.deepEqual([...now].sort(), [...left, 'notes.tmp'].sort());
  });
});

describe('refusals change nothing', () => {
  /** A run of two steps; what is refused leaves every file of it as it is. */
  async function refused(
    change: (directory: string, clean: string) => Promise<unknown>,
    message: RegExp,
    mode: 'new' | 'resume' = 'resume',
    fields: Partial<TrainConfigInput> = {},
  ): Promise<void> {
    const clean = await folderOf(['a.png', 'b.png']);
    const directory = fresh('run');
    await run(configOf({ data: data(clean), steps: 2 }), directory);
    await change(directory, clean);
    const before = contents(directory);
    const told: string[] = [];
    await assert.rejects(
      run(configOf({ data: data(clean), ...fields }), directory, mode, ({ kind }) => told.push(kind)),
      (error) => {
        assert.ok(error instanceof RddmError);
        assert.match(error.message, message);
        return true;
      },
    );
    assert.ok(!told.includes('step'));
    assert.deepEqual(contents(directory), before);
  }
  const asItIs = async (): Promise<void> => {};

  test('a new run over an old one', () =>
    refused(asItIs, /^train: expected a directory without a run, got .*; continue it with --resume/, 'new'));

  test('a resume below the step that is reached', () =>
    refused(asItIs, /^train: expected at least the 2 steps that are done, got 1/, 'resume', { steps: 1 }));

  test('a picture more', () =>
    refused(
      (_, clean) => writeImage(join(clean, 'c.png'), picture(9)),
      /the pictures that this run began with, got others/,
    ));

  test('a picture less', () =>
    refused(async (_, clean) => unlinkSync(join(clean, 'a.png')), /the pictures that this run began with, got others/));

  test('another picture under the same name', () =>
    refused(
      (_, clean) => writeImage(join(clean, 'a.png'), { ...picture(1, 1), data: new Uint8Array(480) }),
      /the pictures that this run began with, got others/,
    ));

  test('a damaged checkpoint', () =>
    refused(async (directory) => {
      const path = join(directory, 'checkpoint.safetensors');
      writeFileSync(path, readFileSync(path).subarray(0, 2000));
    }, /checkpoint\.safetensors: expected .*damaged, cut short/));

  test('the checkpoint of another network', () =>
    refused(asItIs, /checkpoint\.safetensors: expected the \d+ weights of the network/, 'resume', {
      model: { unet: { ...unet, dim: 8 } },
    }));

  test('a directory without a run, one with a broken configuration, and data that is not there', async () => {
    const directory = fresh('run');
    await assert.rejects(
      readRunConfig(directory),
      /^RddmError: train: expected a run with train\.json in .*, got none/,
    );
    mkdirSync(directory);
    for (const text of ['{', 'null', '[]', '{"data": 3}']) {
      writeFileSync(join(directory, 'train.json'), text);
      await assert.rejects(readRunConfig(directory), { name: 'RddmError', message: /^\S*train\.json: / }, text);
    }
    const nowhere = fresh('run');
    await assert.rejects(run(configOf({ data: data(fresh('nowhere')) }), nowhere), /expected a folder/);
    assert.throws(() => statSync(nowhere));
  });
});

test('a run that diverges keeps its last checkpoint and model, and leaves nothing half-written', async () => {
  const directory = fresh('run');
  const config = configOf({ optimiser: { learningRate: 1e30 }, checkpointEvery: 1 });
  let saved: Buffer[] = [];
  const read = (): Buffer[] =>
    ['checkpoint.safetensors', 'model/weights.safetensors', 'model/config.json'].map((path) => bytes(directory, path));
  const told: string[] = [];
  await assert.rejects(
    run(config, directory, 'new', (event) => {
      told.push(event.kind);
      if (event.kind === 'saved') saved = read();
    }),
    {
      name: 'RddmError',
      message: /^train: expected a finite loss and gradient at step 2, got loss .*lower learning rate/,
    },
  );
  assert.deepEqual(told, ['opened', 'step', 'saved']);
  assert.deepEqual(read(), saved);
  assert.ok(!files(directory).some((path) => path.endsWith('.tmp')));
  await loadModel(join(directory, 'model'));
  assert.equal(values(directory).length, 1);
});
