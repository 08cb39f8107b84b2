/** Finds on disk what `rddm info` describes: a model, a configuration or a file of weights. */
import { join } from 'node:path';
import { readBytes } from '../adapters/node/files/files.ts';
import { readJson } from '../adapters/node/files/json-file.ts';
import { findModel } from '../adapters/node/files/open-model.ts';
import { isFile } from '../adapters/node/files/path-kind.ts';
import { modelFileNames } from '../checkpoint/model-directory.ts';
import {
  defaultSubject,
  inspectCheckpoint,
  inspectConfiguration,
  inspectModel,
  type Subject,
} from '../operations/inspect/subject.ts';

/**
 * Finds the subject by its name.
 *
 * @param name a model directory, the name of a shipped model, a configuration (.json), a checkpoint (.pt) or weights
 *   (.safetensors); undefined for the paper's default configuration
 * @throws RddmError if there is nothing with that name, or it is damaged or of another kind
 */
export async function findSubject(name: string | undefined): Promise<Subject> {
  if (name === undefined) return defaultSubject();
  if (/\.json$/i.test(name)) return inspectConfiguration(await readJson(name, 'info'), name);
  if (/\.(pt|pth|ckpt|safetensors)$/i.test(name) || (await isFile(name))) {
    return inspectCheckpoint(await readBytes(name, 'info'), name);
  }
  const directory = await findModel(name, 'info');
  const at = (file: string): string => join(directory, file);
  // The configuration first, since it makes a directory a model.
  const config = await readBytes(at(modelFileNames.config), 'loadModel');
  const weights = await readBytes(at(modelFileNames.weights), 'loadModel');
  return inspectModel({ 'config.json': config, 'weights.safetensors': weights }, directory, at(modelFileNames.weights));
}
