/** Training in a directory: its files, and which of them stay. Refusals have their own file. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import {
  bytes,
  configOf,
  data,
  files,
  folderOf,
  fresh,
  photos,
  root,
  run,
  runtime,
  stopAt,
  unet,
  values,
} from '../../../../test/support/training-runs.ts';
import { RddmError } from '../../../math/errors.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { averagedWeights, decodeCheckpoint } from '../../../train/checkpoint.ts';
import { trainConfig } from '../../../train/config.ts';
import { loadModel } from '../files/files.ts';
import { readImage } from '../pictures/images.ts';
import { readRunConfig } from './run-folder.ts';
import { runTraining } from './training-run.ts';

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
  // Input, restored and clean, one row per picture, four pixels apart.
  const grid = await readImage(join(directory, 'samples', 'step-0000004.png'));
  assert.deepEqual([grid.width, grid.height, grid.channels], [3 * 8 + 2 * 4, 2 * 8 + 4, 3]);

  const checkpoint = decodeCheckpoint(bytes(directory, 'checkpoint.safetensors'), config, 'checkpoint');
  assert.equal(checkpoint.step, 4);
  const model = await loadModel(join(directory, 'model'));
  assert.deepEqual({ ...model.weights }, averagedWeights(config, checkpoint.states));
  const { training } = model.config;
  assert.equal(training?.steps, 4);
  // A model may be copied elsewhere, so only the last name of the photographs' path is kept.
  assert.equal((training as { data: { clean: string } }).data.clean, basename(photos));
  assert.ok(!bytes(directory, 'model', 'config.json').includes(root));
  assert.equal(values(directory).length, 4);
});

test('pairs and masks of .flist files train a network that gets the mask', async () => {
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

test('single pictures train a generator, whose grid shows its pictures', async () => {
  const model = { unet, sampling: { steps: 1 }, task: 'generation', condition: 'none', objective: 'noise' } as const;
  const images = { kind: 'images', folder: photos, crop: 8 } as const;
  const directory = fresh('run');
  await run(trainConfig({ ...configOf(), model, data: images, steps: 1, sampleEvery: 2 }), directory);
  const { width, height } = await readImage(join(directory, 'samples', 'step-0000001.png'));
  assert.deepEqual([width, height], [8, 20]);
});

describe('an automatic objective', () => {
  const config = configOf({
    objective: 'automatic',
    selection: { threshold: 0.0025 },
    steps: 6,
    logEvery: 100,
    sampleEvery: 2,
  });

  test('is reported, logged at each step, and recorded in the model; before that there is no model', async () => {
    const directory = fresh('run');
    const models: (string | undefined)[] = [];
    const told = await run(config, directory, 'new', (event) => {
      if (event.kind === 'saved') models.push(event.model);
    });
    const chosenAt = Number(told.find((word) => word.startsWith('chosen'))?.split(' ')[1]);
    assert.equal(chosenAt, 3);
    // Saved after 2 while choosing, after 3 with the choice, after 4 and 6 with a model.
    assert.deepEqual(
      told.filter((word) => /^(due|finished|samples)/.test(word)),
      ['due 2', 'due 3', 'samples 4', 'due 4', 'samples 6', 'finished 6'],
    );
    const model = join(directory, 'model');
    assert.deepEqual(models, [undefined, undefined, model, model]);
    const { config: learnt } = await loadModel(model);
    const lines = values(directory) as { step: number; values: Record<string, unknown> }[];
    assert.deepEqual(
      lines.map(({ step }) => step),
      [1, 2, 3, 3],
    );
    assert.ok(lines.every(({ values: { lambda } }) => typeof lambda === 'number'));
    const { objective, lambda } = lines[3].values;
    assert.equal(lambda, objective === 'residual' ? 1 : 0);
    assert.equal(learnt.objective, objective);
    assert.equal((learnt.training as { selection: { chosenAt: number } }).selection.chosenAt, 3);
  });

  for (const stop of [1, 3, 5]) {
    test(`a run stopped after step ${stop} and resumed ends with the same bytes`, async () => {
      const [whole, halves] = [fresh('run'), fresh('run')];
      await run(config, whole);
      await run(config, halves, 'new', stopAt(stop));
      await run(await readRunConfig(halves), halves, 'resume');
      for (const file of ['checkpoint.safetensors', 'model/weights.safetensors', 'model/config.json']) {
        assert.ok(bytes(whole, file).equals(bytes(halves, file)), file);
      }
      assert.deepEqual(values(halves), values(whole));
    });
  }
});

describe('stopping and resuming', () => {
  test('a stopped and resumed run ends with the bytes of an uninterrupted one', async () => {
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

  test('a stop while a grid is due saves the finished steps', async () => {
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

  test('a folder is recorded with its full path, so that a run can be resumed from anywhere', async () => {
    const directory = fresh('run');
    await run(configOf({ data: data(relative(process.cwd(), photos)), steps: 1 }), directory);
    assert.deepEqual((await readRunConfig(directory)).data, configOf().data);
  });

  test('half-written files of a killed process are removed', async () => {
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

test('a failed grid is reported, and costs no step', async () => {
  const directory = fresh('run');
  const config = configOf({ sampleEvery: 2 });
  const failing: Runtime = {
    ...runtime,
    load: async (programs, states) => {
      if ('denoise' in programs) throw new RddmError('onnxruntime: out of memory');
      return runtime.load(programs, states);
    },
  };
  const told: string[] = [];
  for await (const event of runTraining({ config, directory, runtime: failing, mode: 'new' })) {
    told.push(event.kind === 'warning' ? event.message : `${event.kind} ${event.step}`);
  }
  assert.deepEqual(told.slice(-3), ['step 4', 'no sample grid of step 4: onnxruntime: out of memory', 'saved 4']);
  assert.equal(told[3], 'no sample grid of step 2: onnxruntime: out of memory');
  assert.ok(!files(directory).some((path) => path.startsWith('samples/')));
  assert.equal(decodeCheckpoint(bytes(directory, 'checkpoint.safetensors'), config, 'checkpoint').step, 4);
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
      message: /^train: expected a finite loss and gradient at step 2, got loss .*a learning rate below 1e\+30/,
    },
  );
  assert.deepEqual(told, ['opened', 'step', 'saved']);
  assert.deepEqual(read(), saved);
  assert.ok(!files(directory).some((path) => path.endsWith('.tmp')));
  await loadModel(join(directory, 'model'));
  assert.equal(values(directory).length, 1);
});
