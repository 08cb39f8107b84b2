/**
 * Finds a model by what the user types: the path of a model directory, or the name of a model in the package's folder
 * `models`.
 */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Model, modelFileNames } from '../../../checkpoint/model-directory.ts';
import { expected } from '../../../math/errors.ts';
import { inPackage } from '../package-root.ts';
import { loadModel } from './files.ts';

/** The shipped model that is the default. */
const defaultModel = 'derain';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A directory is a model if it has `config.json`. */
const isModel = (directory: string): Promise<boolean> => exists(join(directory, modelFileNames.config));

/** A model, and where it was found. */
export interface OpenedModel extends Model {
  readonly directory: string;
}

/** The names of the models in a folder, sorted. */
async function modelNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && (await isModel(join(folder, entry.name)))) names.push(entry.name);
  }
  return names.sort();
}

/**
 * The directory of a model. A directory takes precedence over a shipped model of the same name.
 *
 * @param nameOrDirectory by default the shipped `derain`
 * @param where the caller, for the message
 * @param folder where the shipped models are; by default in the package
 * @throws RddmError with the names of the shipped models if there is no such model
 */
export async function findModel(
  nameOrDirectory: string = defaultModel,
  where = 'findModel',
  folder?: string,
): Promise<string> {
  if (await isModel(nameOrDirectory)) return nameOrDirectory;
  const models = folder ?? inPackage('models');
  const shipped = await modelNames(models);
  if (shipped.includes(nameOrDirectory)) return join(models, nameOrDirectory);
  const names = shipped.length > 0 ? shipped.join(', ') : 'none in this installation';
  const what = `a model directory or the name of a shipped model (${names})`;
  if (!(await exists(nameOrDirectory))) throw expected(where, what, `nothing at ${nameOrDirectory}`);
  // A training run has its model one folder down.
  const within = join(nameOrDirectory, 'model');
  const remedy = (await isModel(within)) ? `its model is ${within}` : undefined;
  throw expected(where, what, `${nameOrDirectory}, which has no ${modelFileNames.config}`, remedy);
}

/**
 * Opens a model: a directory, or a shipped one by name. Code that was bundled into another folder finds the shipped
 * ones in `node_modules/rddm` beside it, or in `RDDM_HOME`.
 *
 * @param nameOrDirectory by default the shipped `derain`
 * @throws RddmError if there is no such model, it is damaged, or its weights belong to another network
 *
 * @example
 * ```ts
 * import { initialWeights, modelConfig, modelParameters } from 'rddm';
 * import { openModel, saveModel } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const directory = mkdtempSync(`${tmpdir()}/rddm-`);
 * const config = modelConfig({ task: 'deblurring', unet: { dim: 8, multipliers: [1] } });
 * await saveModel(directory, config, initialWeights(modelParameters(config), 1));
 * assert.equal((await openModel(directory)).config.task, 'deblurring');
 * await assert.rejects(openModel('no-such-model'), /name of a shipped model/);
 * ```
 */
export async function openModel(nameOrDirectory: string = defaultModel, where = 'openModel'): Promise<OpenedModel> {
  const directory = await findModel(nameOrDirectory, where);
  return { directory, ...(await loadModel(directory)) };
}
