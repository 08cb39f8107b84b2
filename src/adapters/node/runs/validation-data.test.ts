/** The pictures of a validation: held back from those of training or others, and how masks and preprocessing reach them. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { configOf, folderOf, fresh, photos, run, unet } from '../../../../test/support/training-runs.ts';
import { events, held, learnt, validated } from '../../../../test/support/validation-runs.ts';
import type { TrainConfigInput } from '../../../train/config.ts';
import { loadModel } from '../files/files.ts';
import { writeImage } from '../pictures/images.ts';

describe('a share of the pictures', () => {
  const sharing = (fields: Partial<TrainConfigInput> = {}) =>
    validated({ validation: { share: 0.3, count: 3, every: 4 }, ...fields });

  test('is held back: the run trains on the others', async () => {
    const directory = fresh('run');
    const told = await events(sharing(), directory);
    const [opened] = told;
    assert.ok(opened.kind === 'opened');
    assert.deepEqual([opened.pictures, opened.held], [2, 1]);
    assert.deepEqual(
      told.filter(({ kind }) => kind === 'validated').map(({ step }) => step),
      [4, 6],
    );
    const { config } = await loadModel(join(directory, 'model'));
    assert.deepEqual((config.training as { heldBack: unknown }).heldBack, { share: 0.3, seed: 0 });
    // With a share of its own, the run would train on other pictures.
    await assert.rejects(
      run(sharing({ validation: { share: 0.6 } }), directory, 'resume'),
      /expected the pictures that this run began with, got others/,
    );
  });

  test('of all pictures is refused', async () => {
    await assert.rejects(
      run(sharing({ validation: { share: 0.999 } }), fresh('run')),
      /^RddmError: validation: expected pictures to train on besides those that are held back, got a share of 0.999 of 3/,
    );
  });
});

describe('pictures that are trained on', () => {
  const photoConfig = (clean: string) => configOf({ validation: { clean } });

  test('are refused: the same folder, and a copy of a file under another name', async () => {
    const directory = fresh('run');
    await assert.rejects(
      run(photoConfig(photos), directory),
      /^RddmError: train: expected pictures to validate on that are not trained on, got 2 that are, such as \S+a\.png; name other pictures, or hold back a share$/,
    );
    const copies = await folderOf(['other.png', 'more.png'], 1);
    assert.match((await run(photoConfig(copies), fresh('run'))).join(), /validated 4/);
    copyFileSync(join(photos, 'b.png'), join(copies, 'taken.png'));
    await assert.rejects(run(photoConfig(copies), directory), /got 1 that are, such as \S+taken\.png/);
    assert.ok(!existsSync(directory));
  });
});

test('masks and preprocessing reach the network as in training', async () => {
  const masks = await folderOf([]);
  for (const name of ['a.png', 'b.png', 'c.png', 'x.png', 'y.png']) {
    const data = new Uint8Array(256).fill(255, 60, 120);
    await writeImage(join(masks, name), { width: 16, height: 16, channels: 1, data });
  }
  const [own, other] = [await folderOf([]), await folderOf([])];
  for (const name of ['a.png', 'b.png', 'c.png']) copyFileSync(join(masks, name), join(own, name));
  for (const name of ['x.png', 'y.png']) copyFileSync(join(masks, name), join(other, name));
  const model = { unet, sampling: { steps: 1 }, schedule: { noiseStrength: 0 } };
  for (const task of ['shadow-removal', 'inpainting'] as const) {
    const config = validated({
      model: { ...model, task, condition: 'input-and-mask', preprocess: 'equalise' },
      data: { kind: 'folders', ...learnt, mask: own, crop: 8 },
      validation: { ...held, mask: other, count: 2 },
    });
    assert.match((await run(config, fresh('run'))).join(), /validated 6/, task);
  }
});
