import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RddmError } from '../../../math/errors.ts';
import { modelConfig } from '../../../model/config.ts';
import { modelParameters } from '../../../model/networks.ts';
import { initialWeights } from '../../../nn/parameters.ts';
import { openRuntime } from '../ort/open-runtime.ts';
import { saveModel } from './files.ts';
import { findModel, openModel } from './open-model.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-open-'));
after(() => rmSync(root, { recursive: true, force: true }));

const config = modelConfig({ unet: { dim: 8, multipliers: [1], groups: 4 } });
const weights = initialWeights(modelParameters(config), 1);
const shipped = join(root, 'models');
await saveModel(join(shipped, 'derain'), config, weights);
await saveModel(join(shipped, 'shadow'), config, weights);
mkdirSync(join(shipped, 'notes'));

test('opens a directory, a shipped model by name, and by default the shipped derain', async () => {
  const own = join(root, 'own');
  await saveModel(own, config, weights);
  assert.equal(await findModel(own), own);
  assert.equal(await findModel('shadow', 'test', shipped), join(shipped, 'shadow'));
  assert.equal(await findModel(undefined, 'test', shipped), join(shipped, 'derain'));
  const model = await openModel(own);
  assert.deepEqual(model, { directory: own, config, weights });
});

test('anything else is refused with the names of the shipped models', async () => {
  const refused = (message: RegExp) => (error: unknown) => error instanceof RddmError && message.test(error.message);
  const names =
    /^test: expected a model directory or the name of a shipped model \(derain, shadow\), got nothing at fog$/;
  await assert.rejects(findModel('fog', 'test', shipped), refused(names));
  await assert.rejects(findModel('fog', 'test', join(root, 'none')), refused(/\(none in this installation\)/));
  await assert.rejects(findModel(root, 'test', shipped), refused(/got .*rddm-open-\w+, which has no config\.json$/));
  const run = join(root, 'run');
  await saveModel(join(run, 'model'), config, weights);
  await assert.rejects(
    findModel(run, 'test', shipped),
    refused(/which has no config\.json; its model is .*run.model$/),
  );
});

test('a model directory with the weights of another network is refused, never loaded in part', async () => {
  const mixed = join(root, 'mixed');
  await saveModel(mixed, config, weights);
  writeFileSync(
    join(mixed, 'config.json'),
    JSON.stringify({ ...config, unet: { ...config.unet, multipliers: [1, 2] } }),
  );
  await assert.rejects(openModel(mixed), /the weights of the network|missing/);
  rmSync(join(mixed, 'weights.safetensors'));
  await assert.rejects(openModel(mixed), /nothing at .*weights\.safetensors/);
});

const derain = fileURLToPath(new URL('../../../../models/derain', import.meta.url));
test('the shipped model opens by default', { skip: !existsSync(derain) && 'no models/derain yet' }, async () => {
  assert.equal((await openModel()).config.task, 'deraining');
});

test('a runtime opens by the name of its device', async () => {
  for (const device of ['cpu', 'reference'] as const) {
    const runtime = openRuntime(device);
    assert.equal(runtime.device, device);
    await runtime.close();
  }
});
