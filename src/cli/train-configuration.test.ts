/** What the options of `rddm train` make of a configuration, and the ways out that its messages name. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { configOf, fresh, photos, run, unet, values } from '../../test/support/training-runs.ts';
import { loadModel } from '../adapters/node/files/files.ts';
import { readRunConfig } from '../adapters/node/runs/run-folder.ts';
import { runTraining } from '../adapters/node/runs/training-run.ts';
import type { RunSettings } from '../operations/train/settings.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { newConfiguration, resumedConfiguration } from './train-configuration.ts';

/** A file of this text. */
function fileOf(text: string): string {
  const path = fresh('config.json');
  writeFileSync(path, text);
  return path;
}

describe('--steps', () => {
  test('a first short try of a preset works, and says what became shorter', async () => {
    const { config, notes } = await newConfiguration('derain', { clean: photos, steps: 50 });
    assert.deepEqual([config.steps, config.optimiser.warmup, config.average.warmup], [50, 1, 1]);
    assert.deepEqual(notes, [
      '50 steps in place of 4000: optimiser.warmup is 1 instead of 100, average.warmup is 1 instead of 100',
    ]);
  });

  test('a warmup that fits stays, silently', async () => {
    const { config, notes } = await newConfiguration('derain', { clean: photos, steps: 101 });
    assert.deepEqual([config.steps, config.optimiser.warmup, notes], [101, 100, []]);
  });

  test('what contradicts itself as written is refused as ever, and may be mended by more steps', async () => {
    const path = fileOf(JSON.stringify({ ...configOf(), steps: 50, optimiser: { warmup: 100 } }));
    for (const steps of [undefined, 20]) {
      await assert.rejects(
        newConfiguration(path, steps ? { steps } : {}),
        /a warmup shorter than the 50 steps, got 100/,
      );
    }
    const { config, notes } = await newConfiguration(path, { steps: 200 });
    assert.deepEqual([config.steps, config.optimiser.warmup, notes], [200, 100, []]);
  });
});

describe('without a configuration', () => {
  test('pairs train by the default recipe, a small network in one step', async () => {
    const { config } = await newConfiguration(undefined, { input: photos, target: fresh('clean') });
    assert.equal(config.data.kind, 'folders');
    assert.deepEqual([config.model.task, config.model.objective], ['restoration', 'residual']);
    assert.deepEqual([config.times, config.model.sampling.steps], ['sampled', 1]);
    assert.ok('kind' in config.model.unet && config.model.unet.kind === 'local');
  });

  test('clean pictures train with any degradation', async () => {
    for (const degrade of ['rain', 'drops', 'blur', 'shadow', 'low-light', 'inpaint'] as const) {
      const { data } = (await newConfiguration(undefined, { clean: photos, degrade })).config;
      assert.ok(data.kind === 'degraded');
      assert.deepEqual([data.clean, data.degradation.kind], [photos, degrade]);
    }
  });

  test('a data set of pairs trains on its pairs, not on rain over its clean pictures', async () => {
    const folder = fresh('istd');
    for (const name of ['train_A', 'train_B', 'train_C']) mkdirSync(join(folder, 'train', name), { recursive: true });
    const { config, notes } = await newConfiguration(undefined, { data: folder });
    assert.ok(config.data.kind === 'folders');
    assert.deepEqual(
      [config.data.input, config.data.target],
      [join(folder, 'train', 'train_A'), join(folder, 'train', 'train_C')],
    );
    assert.match(notes[0], /training on train\/train_A, train\/train_C$/);
    const rain = await newConfiguration(undefined, { data: folder, degrade: 'rain' });
    assert.ok(rain.config.data.kind === 'degraded');
    assert.equal(rain.config.data.clean, join(folder, 'train', 'train_C'));
    assert.match(rain.notes[0], /training on train\/train_C$/);
  });

  test('a target alone is refused for what it lacks', async () => {
    await assert.rejects(newConfiguration(undefined, { target: photos }), /input and target together, got only target/);
  });

  test('what is missing is asked for in a sentence', async () => {
    await assert.rejects(
      newConfiguration(undefined, {}),
      /expected pictures \(--input and --target, .* or --resume RUN, got none/,
    );
    await assert.rejects(
      newConfiguration(undefined, { clean: photos }),
      /--degrade with --clean, got none; .* rain, drops/,
    );
  });
});

describe('--degrade', () => {
  test('keeps the settings of the same degradation, and drops those of another', async () => {
    const degradation = { kind: 'rain', density: 0.5 };
    const data = { kind: 'degraded', clean: photos, crop: 16, degradation };
    const path = fileOf(JSON.stringify({ ...configOf(), data }));
    const kept = (await newConfiguration(path, { degrade: 'rain' })).config.data;
    assert.ok(kept.kind === 'degraded' && kept.degradation.kind === 'rain');
    assert.deepEqual([kept.degradation.density, kept.crop], [[0.5, 0.5], 16]);
    const other = (await newConfiguration(path, { degrade: 'blur' })).config.data;
    assert.ok(other.kind === 'degraded' && other.degradation.kind === 'blur');
  });

  test('takes the clean pictures of a configuration of pairs', async () => {
    const data = { kind: 'folders', input: fresh('rainy'), target: photos, crop: 16 };
    const { data: degraded } = (
      await newConfiguration(fileOf(JSON.stringify({ ...configOf(), data })), { degrade: 'rain' })
    ).config;
    assert.ok(degraded.kind === 'degraded');
    assert.equal(degraded.clean, photos);
  });

  test('is refused with pairs, and when a run goes on', async () => {
    const pairs = { input: photos, target: fresh('other'), degrade: 'rain' } as const;
    await assert.rejects(newConfiguration(undefined, pairs), /a degradation with clean pictures, got the input/);
    await assert.rejects(resumedConfiguration(fresh('run'), { degrade: 'rain' }), /got "degrade"/);
  });
});

describe('--input and --target', () => {
  const folderOfLists = fresh('lists');
  mkdirSync(folderOfLists);
  const listOf = (name: string): string => {
    const path = join(folderOfLists, `${name}.flist`);
    writeFileSync(path, `${name}.png\n`);
    return path;
  };
  const [list, other] = [listOf('a'), listOf('b')];
  const folder = fresh('folder');
  mkdirSync(folder);
  const flist = fileOf(
    JSON.stringify({
      ...configOf(),
      model: { unet, condition: 'input-and-mask' },
      data: { kind: 'flist', input: 'x.flist', target: 'y.flist', mask: listOf('m'), crop: 8 },
    }),
  );
  const degraded = fileOf(JSON.stringify(configOf()));

  test('lists stay lists, with their masks', async () => {
    const { data } = (await newConfiguration(flist, { input: list, target: other })).config;
    assert.deepEqual([data.kind, 'mask' in data, data.crop], ['flist', true, 8]);
  });

  test('folders are folders, and lists that end in .flist lists, whatever the configuration was', async () => {
    const kind = async (input: string, target: string) =>
      (await newConfiguration(degraded, { input, target })).config.data.kind;
    assert.equal(await kind(folder, photos), 'folders');
    assert.equal(await kind(list, other), 'flist');
  });

  test('one of each, and masks of the other kind, are refused', async () => {
    await assert.rejects(
      newConfiguration(flist, { input: list, target: photos }),
      /^RddmError: train: expected two folders or two lists as input and target, got the list \S+ and \S+$/,
    );
    await assert.rejects(
      newConfiguration(flist, { input: folder, target: photos }),
      /^RddmError: train: expected a folder of masks, since the pairs are folders, got the file \S+; name one$/,
    );
    await assert.rejects(
      newConfiguration(flist, { input: list, target: other, mask: folder }),
      /expected a list of masks, since the pairs are lists, got the folder/,
    );
  });
});

test('a run that diverged goes on as its message says', async () => {
  const directory = fresh('run');
  await run(configOf({ steps: 2 }), directory);
  const steep = await resumedConfiguration(directory, { steps: 6, learningRate: 1e30 });
  await assert.rejects(run(steep.config, directory, 'resume'), /resume from the last checkpoint with a learning rate/);
  // The run remembers the rate that it was given …
  const { config } = await resumedConfiguration(directory, {});
  assert.deepEqual([config.steps, config.optimiser.learningRate], [6, 1e30]);
  // … until it is given another.
  const careful = await resumedConfiguration(directory, { learningRate: 1e-4 });
  assert.equal((await run(careful.config, directory, 'resume')).at(-1), 'finished 6');
});

test('a longer run follows the course of its new length, says so, and remembers the old one', async () => {
  const directory = fresh('run');
  await run(configOf({ steps: 2, optimiser: { learningRate: 1e-3, decay: 'cosine' } }), directory);
  const { config, notes } = await resumedConfiguration(directory, { steps: 4, learningRate: 2e-3 });
  assert.deepEqual(notes, ['4 steps in place of 2: from here on the new length decides the learning rate']);
  await run(config, directory, 'resume');
  const rates = (values(directory) as { values: { learningRate: number } }[]).map((line) => line.values.learningRate);
  const cosine = (step: number, steps: number, rate: number): number =>
    (rate / 2) * (1 + Math.cos((Math.PI * step) / steps));
  const wanted = [cosine(1, 2, 1e-3), cosine(2, 2, 1e-3), cosine(3, 4, 2e-3), cosine(4, 4, 2e-3)];
  rates.forEach((rate, at) => {
    assert.ok(Math.abs(rate - wanted[at]) < 1e-12, `${rate} at step ${at + 1}`);
  });
  const earlier = [{ until: 2, steps: 2, learningRate: 1e-3, device: 'cpu' }];
  assert.deepEqual((await readRunConfig(directory)).earlier, earlier);
  const { training } = (await loadModel(join(directory, 'model'))).config;
  assert.deepEqual([training?.earlier, training?.steps], [earlier, 4]);
  // A copy of its configuration starts a run without that past.
  const copy = fresh('run');
  await run((await newConfiguration(join(directory, 'train.json'), {})).config, copy);
  assert.equal((await readRunConfig(copy)).earlier, undefined);
  await assert.rejects(
    run(configOf({ steps: 4, batch: 1 }), directory, 'resume'),
    /expected "batch" as the run began, 2, got 1; leave it, or start a new run/,
  );
});

describe('--device', () => {
  test('a run goes on where it was, and says so when sent elsewhere', async () => {
    const directory = fresh('run');
    await run(configOf({ steps: 1 }), directory);
    const stored = join(directory, 'train.json');
    assert.equal((await readRunConfig(directory)).device, 'cpu');
    const moved = await resumedConfiguration(directory, { device: 'webgpu' });
    assert.equal(moved.config.device, 'webgpu');
    assert.match(moved.notes.join(), /^warning: the run was on cpu and goes on on webgpu: its bytes will not be those/);
    assert.deepEqual((await resumedConfiguration(directory, { device: 'cpu' })).notes, []);

    writeFileSync(stored, readFileSync(stored, 'utf8').replace('"device": "cpu"', '"device": "webgpu"'));
    const { config, notes } = await resumedConfiguration(directory, {});
    assert.deepEqual([config.device, notes], ['webgpu', []]);
  });

  test('what the run was on is written down, not what the configuration says', async () => {
    const directory = fresh('run');
    const reference = createReferenceRuntime();
    const config = configOf({ steps: 1, device: 'webgpu' });
    for await (const _ of runTraining({ config, directory, runtime: reference, mode: 'new' }));
    assert.equal((await readRunConfig(directory)).device, 'reference');
  });

  test('a configuration may name it, and the option wins', async () => {
    const path = fileOf(JSON.stringify({ ...configOf(), device: 'webgpu' }));
    assert.equal((await newConfiguration(path, {})).config.device, 'webgpu');
    assert.equal((await newConfiguration(path, { device: 'cpu' })).config.device, 'cpu');
  });
});

describe('--validate', () => {
  const pair = { input: fresh('rainy'), target: photos };
  const folder = (...folders: string[]): string => {
    const path = fresh('set');
    for (const name of folders) mkdirSync(join(path, name), { recursive: true });
    return path;
  };
  const lol = folder('our485/low', 'our485/high', 'eval15/low', 'eval15/high');
  const validationOf = async (validate: string[], flags: RunSettings = { clean: photos, degrade: 'rain' }) =>
    (await newConfiguration(undefined, { ...flags, validate })).config.validation;
  const rest = { count: 16, seed: 0 };

  test('a share, a folder of clean pictures, or pairs', async () => {
    assert.deepEqual(await validationOf(['0.1']), { share: 0.1, ...rest });
    assert.deepEqual(await validationOf(['0.25'], pair), { share: 0.25, ...rest });
    assert.deepEqual(await validationOf(['other']), { clean: 'other', ...rest });
    assert.deepEqual(await validationOf(['a', 'b'], pair), { input: 'a', target: 'b', ...rest });
  });

  test('the test split of a published data set, in the roles of the data', async () => {
    const [input, target] = [join(lol, 'eval15/low'), join(lol, 'eval15/high')];
    assert.deepEqual(await validationOf([lol], { data: lol }), { input, target, ...rest });
    assert.deepEqual(await validationOf([lol], pair), { input, target, ...rest });
    assert.deepEqual(await validationOf([lol]), { clean: target, ...rest });
    const istd = folder(...['A', 'B', 'C'].flatMap((one) => [`train/train_${one}`, `test/test_${one}`]));
    const { validation } = (await newConfiguration('shadow-removal', { data: istd, validate: [istd] })).config;
    const at = (name: string): string => join(istd, 'test', name);
    assert.deepEqual(validation, { input: at('test_A'), target: at('test_C'), mask: at('test_B'), ...rest });
  });

  test('keeps what the configuration says of squares and steps, and replaces the pictures', async () => {
    const validation = { clean: 'old', every: 4, count: 3, crop: 32, seed: 9 };
    const path = fileOf(JSON.stringify({ ...configOf(), validation }));
    const { share, clean, ...kept } = (await newConfiguration(path, { validate: ['0.5'] })).config.validation ?? {};
    assert.deepEqual([share, clean, kept], [0.5, undefined, { every: 4, count: 3, crop: 32, seed: 9 }]);
  });

  test('what does not fit the data is refused', async () => {
    const cases: [string[], RunSettings, RegExp][] = [
      [
        ['other'],
        pair,
        /expected degraded and clean pictures to validate on, since the data are pairs, got other; name/,
      ],
      [
        ['a', 'b'],
        { clean: photos, degrade: 'rain' },
        /a share, or clean as for data of kind "degraded", got input, target/,
      ],
      [['a', 'b', 'c', 'd'], pair, /expected one to three paths, or a share, to validate on, got 4/],
      [['1.5'], pair, /"validation.share": expected a number below 1, got 1.5/],
      [['a', 'b', 'c'], pair, /or input, target as for data of kind "folders", got input, target, mask/],
    ];
    for (const [validate, flags, message] of cases) await assert.rejects(validationOf(validate, flags), { message });
  });

  test('a run that goes on may be validated on other pictures, but what it trains on stays', async () => {
    const [plain, sharing] = [fresh('run'), fresh('run')];
    await run(configOf({ steps: 1 }), plain);
    await run(configOf({ steps: 1, validation: { share: 0.5, count: 1 } }), sharing);
    const resumed = async (directory: string, ...validate: string[]) =>
      (await resumedConfiguration(directory, { validate, steps: 2 })).config.validation;
    assert.deepEqual(await resumed(plain, 'other'), { clean: 'other', ...rest });
    assert.equal((await resumed(sharing, '0.5'))?.share, 0.5);
    assert.equal((await resumedConfiguration(sharing, {})).config.validation?.share, 0.5);
    await assert.rejects(
      resumed(plain, '0.1'),
      /^RddmError: train: expected a run that goes on training on all of its pictures, got 0\.1; name other pictures/,
    );
    for (const words of [['0.1'], ['other']]) {
      await assert.rejects(
        resumed(sharing, ...words),
        /expected a run that goes on training on all but a share of 0\.5, got (0\.1|other); /,
      );
    }
  });
});
