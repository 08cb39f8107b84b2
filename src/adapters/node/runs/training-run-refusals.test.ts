/** What a training run refuses, before it changes anything. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  configOf,
  contents,
  data,
  folderOf,
  fresh,
  picture,
  run,
  unet,
} from '../../../../test/support/training-runs.ts';
import { RddmError } from '../../../math/errors.ts';
import type { TrainConfigInput } from '../../../train/config.ts';
import { writeImage } from '../pictures/images.ts';
import { readRunConfig } from './run-folder.ts';

describe('refusals change nothing', () => {
  /** A run of two steps; a refusal must not change any of its files. */
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
    refused(asItIs, /^train: expected a directory without a run, got .*; resume it, or choose another/, 'new'));

  test('a resume with fewer steps than are done', () =>
    refused(asItIs, /^train: expected at least the 2 steps already done, got 1/, 'resume', { steps: 1 }));

  test('one picture more', () =>
    refused(
      (_, clean) => writeImage(join(clean, 'c.png'), picture(9)),
      /the pictures that this run began with, got others/,
    ));

  test('one picture less', () =>
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
    }, /checkpoint\.safetensors: expected .*damaged, truncated/));

  test('a resume while another process works on it', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
    try {
      const pid = other.pid as number;
      await refused(
        async (directory) => {
          writeFileSync(join(directory, `.lock-${pid}`), '');
          // A file that the process is writing.
          writeFileSync(join(directory, '.checkpoint.safetensors.0123456789ab.tmp'), 'half');
        },
        new RegExp(
          `^train: expected a run that no other process works on in .*, got process ${pid}, which does; wait for it`,
        ),
      );
    } finally {
      other.kill('SIGKILL');
    }
  });

  test('the checkpoint of another network', () =>
    refused(asItIs, /checkpoint\.safetensors: expected the \d+ weights of the network/, 'resume', {
      model: { unet: { ...unet, dim: 8 } },
    }));

  test('a directory without a run, one with a broken configuration, and missing data', async () => {
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
