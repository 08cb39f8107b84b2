/** A model directory in a store: `config.json` and `weights.safetensors` under a folder's name. */
import {
  decodeModel,
  describesNetwork,
  encodeModel,
  type Model,
  modelFileNames,
} from '../checkpoint/model-directory.ts';
import type { SafetensorsOptions } from '../checkpoint/safetensors.ts';
import type { Store } from './store.ts';

/**
 * Reads a model.
 *
 * @param title the folder's name for messages
 * @throws RddmError if one of its files is missing, damaged or of another kind
 *
 * @example
 * ```ts
 * import { initialWeights, loadStoredModel, modelConfig, modelParameters, saveStoredModel } from 'rddm';
 * import { folderStore } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = folderStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
 * await saveStoredModel(store, 'mine', { config, weights: initialWeights(modelParameters(config), 0) });
 * assert.deepEqual((await loadStoredModel(store, 'mine')).config, config);
 * ```
 */
export async function loadStoredModel(store: Store, folder: string, title = folder): Promise<Model> {
  const read = (name: string) => store.read(`${folder}/${name}`);
  const [config, weights] = [await read(modelFileNames.config), await read(modelFileNames.weights)];
  return decodeModel(
    { ...(config && { 'config.json': config }), ...(weights && { 'weights.safetensors': weights }) },
    title,
  );
}

/**
 * Writes a model. If the older one is another network, its configuration is removed first and the new one comes last: a
 * crash leaves no model rather than a mixture of two.
 *
 * @param options float32 (default) or float16 weights
 * @throws RddmError if a finite weight does not fit float16, or the store is full
 *
 * @example
 * ```ts
 * import { initialWeights, modelConfig, modelParameters, saveStoredModel } from 'rddm';
 * import { folderStore } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = folderStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
 * await saveStoredModel(store, 'mine', { config, weights: initialWeights(modelParameters(config), 0) });
 * assert.deepEqual(await store.list(), ['mine/config.json', 'mine/weights.safetensors']);
 * ```
 */
export async function saveStoredModel(
  store: Store,
  folder: string,
  { config, weights }: Model,
  options: SafetensorsOptions = {},
): Promise<void> {
  const files = encodeModel(config, weights, options);
  const at = (name: string): string => `${folder}/${name}`;
  const older = await store.read(at(modelFileNames.config));
  if (older && !describesNetwork(older, config)) await store.remove(at(modelFileNames.config));
  await store.write(at(modelFileNames.weights), files[modelFileNames.weights]);
  await store.write(at(modelFileNames.config), files[modelFileNames.config]);
}
