/**
 * Files on disk: reads whole files, writes them so that a crash never leaves half of one, and handles the model
 * directory. checkpoint/ decides what the bytes mean; only the operating system and its failures are here.
 */
import { constants } from 'node:buffer';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decodeModel,
  describesNetwork,
  encodeModel,
  type Model,
  modelFileNames,
} from '../../../checkpoint/model-directory.ts';
import type { SafetensorsOptions } from '../../../checkpoint/safetensors.ts';
import { expected } from '../../../math/errors.ts';
import type { TensorMap } from '../../../math/tensor.ts';
import type { ModelConfig } from '../../../model/config.ts';
import { fileError } from './file-error.ts';
import { type AsideFile, type StagedFile, setAside, stageFile } from './staged-file.ts';

/**
 * Writes a file so that at each moment, even after a crash, its path holds either the old contents or all of `bytes`.
 * The folder must exist.
 *
 * @throws RddmError if the disk is full, permission or folder are missing, …; the temporary file is then removed
 *
 * @example
 * ```ts
 * import { readBytes, writeFileAtomic } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * const path = `${await mkdtemp(`${tmpdir()}/rddm-`)}/a.bin`;
 * await writeFileAtomic(path, Uint8Array.of(1, 2));
 * assert.deepEqual(await readBytes(path, 'example'), Uint8Array.of(1, 2));
 * ```
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const staged = await stageFile(path, bytes, 'writeFileAtomic');
  await staged.commit();
}

/**
 * Reads a whole file of up to 4 GB.
 *
 * @param where the caller, for the message
 * @throws RddmError if there is no such file, it is a folder, or it may not be read
 *
 * @example
 * ```ts
 * import { readBytes, writeFileAtomic } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(mkdtempSync(join(tmpdir(), 'rddm-')), 'numbers');
 * await writeFileAtomic(path, Uint8Array.of(1, 2));
 * assert.deepEqual([...(await readBytes(path, 'example'))], [1, 2]);
 * await assert.rejects(readBytes(`${path}-none`, 'example'), /^RddmError: example: expected/);
 * ```
 */
export async function readBytes(path: string, where: string): Promise<Uint8Array<ArrayBuffer>> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const stat = await file.stat();
    if (stat.size > constants.MAX_LENGTH) {
      const got = `${(stat.size / 2 ** 30).toFixed(1)} GiB at ${path}`;
      throw expected(where, `a file of at most ${constants.MAX_LENGTH / 2 ** 30} GiB`, got);
    }
    // Pipes have no known size; and a file must be read in pieces, since one read is limited to 2 GB.
    if (!stat.isFile()) return new Uint8Array(await file.readFile());
    const bytes = new Uint8Array(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(bytes.length - filled, 2 ** 30));
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } catch (error) {
    throw fileError(where, 'a file to read', path, error);
  } finally {
    await file?.close();
  }
}

/**
 * Reads a model directory: its configuration, and every weight of the network it describes.
 *
 * @throws RddmError if the directory or one of its files is missing, damaged, or of another kind, or the weights belong
 *   to another network
 *
 * @example
 * ```ts
 * import { initialWeights, modelConfig, modelParameters } from 'rddm';
 * import { loadModel, saveModel } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
 * await saveModel(folder, config, initialWeights(modelParameters(config), 0));
 * assert.deepEqual((await loadModel(folder)).config, config);
 * ```
 */
export async function loadModel(directory: string): Promise<Model> {
  const read = (name: string) => readBytes(join(directory, name), 'loadModel');
  // The configuration first, since it makes a directory a model.
  const config = await read(modelFileNames.config);
  const weights = await read(modelFileNames.weights);
  return decodeModel({ 'config.json': config, 'weights.safetensors': weights }, directory);
}

/** Whether the configuration on disk is of the same network: then old and new may mix unharmed. */
const isSameNetwork = (path: string, config: ModelConfig): Promise<boolean> =>
  readFile(path).then(
    (bytes) => describesNetwork(bytes, config),
    () => false,
  );

/**
 * Writes a model directory, creating it if needed. A directory is a model only with its `config.json`: both files are
 * complete on disk before an older model is touched. If the older one is another network, its configuration is removed
 * first and the new one comes last, so that old and new are never mixed.
 *
 * @param options float32 (default) or float16 weights
 * @throws RddmError if the disk is full, permission is missing, a weight does not fit float16, …; an older model is
 *   then still complete, unless it is another network and only the last of the new files could not be put in place
 *
 * @example
 * ```ts
 * import { initialWeights, modelConfig, modelParameters } from 'rddm';
 * import { saveModel } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { readdirSync } from 'node:fs';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
 * await saveModel(folder, config, initialWeights(modelParameters(config), 0), { dtype: 'float16' });
 * assert.deepEqual(readdirSync(folder).sort(), ['config.json', 'weights.safetensors']);
 * ```
 */
export async function saveModel(
  directory: string,
  config: ModelConfig,
  weights: TensorMap,
  options: SafetensorsOptions = {},
): Promise<void> {
  const files = encodeModel(config, weights, options);
  const configPath = join(directory, modelFileNames.config);
  const weightsPath = join(directory, modelFileNames.weights);
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw fileError('saveModel', 'a folder to write to', directory, error);
  });
  const staged: StagedFile[] = [];
  let older: AsideFile | undefined;
  try {
    const isSame = await isSameNetwork(configPath, config);
    staged.push(await stageFile(weightsPath, files['weights.safetensors'], 'saveModel'));
    staged.push(await stageFile(configPath, files['config.json'], 'saveModel'));
    if (!isSame) older = await setAside(configPath, 'saveModel');
    await staged[0].commit().catch(async (error) => {
      await older?.restore();
      throw error;
    });
    await staged[1].commit();
  } catch (error) {
    await Promise.all(staged.map((file) => file.discard().catch(() => {})));
    throw fileError('saveModel', 'to write a model', directory, error);
  } finally {
    await older?.discard();
  }
}
