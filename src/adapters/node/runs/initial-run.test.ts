/** A run that starts from the weights of a model: what it learns, what it records, and how it goes on. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytes, configOf, folderOf, fresh, run, runtime, values } from '../../../../test/support/training-runs.ts';
import { decodeCheckpoint } from '../../../train/checkpoint.ts';
import type { TrainConfig } from '../../../train/config.ts';
import { loadModel } from '../files/files.ts';
import { readRunConfig } from './run-folder.ts';
import { runTraining } from './training-run.ts';

const first = fresh('first');
await run(configOf({ steps: 3, seed: 5 }), first);
const { weights } = await loadModel(join(first, 'model'));
const init = { name: 'first/model', weights };
const hash = createHash('sha256').update(bytes(first, 'model/weights.safetensors')).digest('hex');

/** The events of a run that starts from the first one's model. */
async function runFrom(config: TrainConfig, directory: string, stopBefore?: number): Promise<string[]> {
  const controller = new AbortController();
  if (stopBefore === 1) controller.abort();
  const told: string[] = [];
  const { signal } = controller;
  for await (const event of runTraining({ config, directory, runtime, mode: 'new', init, signal })) {
    told.push(`${event.kind} ${event.step}`);
    if (event.kind === 'step' && event.step + 1 === stopBefore) controller.abort();
  }
  return told;
}

test('the first step starts from the weights of the model, with a new optimiser and average', async () => {
  const directory = fresh('run');
  // So small a rate changes no weight in float32.
  const still = configOf({ steps: 1, optimiser: { learningRate: 1e-20 } });
  await runFrom(still, directory);
  assert.ok(bytes(directory, 'model/weights.safetensors').equals(bytes(first, 'model/weights.safetensors')));
  const { states } = decodeCheckpoint(bytes(directory, 'checkpoint.safetensors'), still, 'checkpoint');
  const [name] = Object.keys(weights);
  // One step of Adam from zero: the first moment is (1 - beta1) times the gradient.
  assert.ok(states[`adam.m/${name}`].data.some((value) => value !== 0));
  assert.deepEqual(states[`ema/${name}`], states[name]);

  const [from, random] = [fresh('run'), fresh('run')];
  await runFrom(configOf(), from);
  await run(configOf(), random);
  const losses = (one: string) => (values(one) as { values: { loss: number } }[]).map((line) => line.values.loss);
  assert.notDeepEqual(losses(from), losses(random));
  assert.ok(!bytes(from, 'model/weights.safetensors').equals(bytes(random, 'model/weights.safetensors')));
});

test('the run and its model record which weights they were', async () => {
  const directory = fresh('run');
  assert.deepEqual(await runFrom(configOf({ steps: 1 }), directory), ['opened 0', 'step 1', 'saved 1']);
  const recorded = { model: 'first/model', weights: hash };
  assert.deepEqual((await readRunConfig(directory)).init, recorded);
  assert.deepEqual((await loadModel(join(directory, 'model'))).config.training?.init, recorded);
});

for (const stop of [1, 3]) {
  test(`stopped before step ${stop} it goes on from its own checkpoint, to the same bytes`, async () => {
    const [whole, halves] = [fresh('run'), fresh('run')];
    const other = await folderOf(['x.png'], 1);
    const config = configOf({ validation: { clean: other, count: 1 } });
    const told = await runFrom(config, whole);
    assert.deepEqual(told.slice(0, 3), ['opened 0', 'validated 0', 'step 1']);
    await runFrom(config, halves, stop);
    assert.ok(existsSync(join(halves, 'checkpoint.safetensors')));
    const resumed = await run(await readRunConfig(halves), halves, 'resume');
    assert.equal(resumed[0], `opened ${stop - 1}`);
    for (const name of ['checkpoint.safetensors', 'model/weights.safetensors', 'best/config.json', 'train.json']) {
      assert.ok(bytes(whole, name).equals(bytes(halves, name)), name);
    }
    assert.deepEqual(values(halves), values(whole));
  });
}

test('what does not fit is refused in a sentence, and leaves no run', async () => {
  const directory = fresh('run');
  const refused = async (config: TrainConfig, message: RegExp, mode: 'new' | 'resume' = 'new', given = true) => {
    const options = { config, directory, runtime, mode, ...(given && { init }) };
    await assert.rejects(runTraining(options).next(), { name: 'RddmError', message });
  };
  const wider = configOf({ model: { unet: { dim: 8, multipliers: [1], groups: 2 } } });
  await refused(
    wider,
    /^first\/model: expected the \d+ weights of the network, got \d+ of another shape \(.*\); the file and the configuration belong to different networks$/,
  );
  await refused(
    configOf({ objective: 'automatic', model: { ...configOf().model, schedule: {} } }),
    /^train: expected objective "model" with initial weights, got "automatic"; the network starts anew/,
  );
  await refused(configOf(), /^train: expected a new run with initial weights, got one that goes on/, 'resume');
  const recorded = configOf({ init: { model: 'first/model', weights: hash } });
  await refused(
    recorded,
    /^train: expected the weights of first\/model, from which the run starts, got none; name/,
    'new',
    false,
  );
  assert.throws(
    () => configOf({ init: { model: 'a', weights: 'b' } }),
    /"init.weights": expected a SHA-256, 64 hexadecimal/,
  );
  assert.ok(!existsSync(directory));
});
