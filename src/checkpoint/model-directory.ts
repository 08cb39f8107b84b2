/**
 * The model directory: `config.json` (what the model is) and `weights.safetensors` (its parameters under the
 * reference's names). Pure: files are bytes here; an adapter reads and writes them. Reading gives a whole model, with
 * every weight of the configured network and no other, or an error.
 */
import { expected } from '../math/errors.ts';
import type { Shape } from '../math/shape.ts';
import type { TensorMap } from '../math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { matchWeights } from './match.ts';
import { toFloat32 } from './raw-tensor.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsOptions } from './safetensors.ts';

/** The files of a model directory. */
export const modelFileNames = { config: 'config.json', weights: 'weights.safetensors' } as const;

/** The two files of a model directory, by name. */
export type ModelFiles = Readonly<Record<(typeof modelFileNames)[keyof typeof modelFileNames], Uint8Array>>;

/** A model: what it is, and its parameters. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: TensorMap;
}

/**
 * The bytes of a model directory's files; equal models give equal bytes.
 *
 * @param options float32 (default) or float16 weights
 * @throws RddmError if a finite weight does not fit float16
 *
 * @example
 * ```ts
 * import { decodeModel, encodeModel, initialWeights, modelConfig, modelParameters } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ task: 'deraining', unet: { dim: 8, multipliers: [1] } });
 * const model = { config, weights: initialWeights(modelParameters(config), 1) };
 * assert.deepEqual(decodeModel(encodeModel(model.config, model.weights), 'example'), model);
 * ```
 */
export function encodeModel(config: ModelConfig, weights: TensorMap, options: SafetensorsOptions = {}): ModelFiles {
  return {
    'config.json': new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`),
    'weights.safetensors': encodeSafetensors(weights, { format: config.format }, options),
  };
}

/**
 * Reads the files of a model directory.
 *
 * @param files their bytes; float32 weights become views of them
 * @param where the directory, for messages
 * @returns the configuration, and every weight of its network
 * @throws RddmError if a file is missing, damaged or of another kind, the configuration is impossible, or the weights
 *   are not those of the configured network
 *
 * @example
 * ```ts
 * import { decodeModel, encodeModel, initialWeights, modelConfig, modelParameters } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
 * const files = encodeModel(config, initialWeights(modelParameters(config), 0));
 * assert.deepEqual(decodeModel(files, 'my-model').config, config);
 * ```
 */
export function decodeModel(files: Partial<ModelFiles>, where: string): Model {
  for (const name of Object.values(modelFileNames)) {
    if (!files[name]) {
      throw expected(where, 'a model directory with config.json and weights.safetensors', `none with ${name}`);
    }
  }
  const config = decodeConfig(files['config.json'] as Uint8Array, `${where}/config.json`);
  const weightsName = `${where}/weights.safetensors`;
  const { tensors } = decodeSafetensors(files['weights.safetensors'] as Uint8Array, weightsName);
  const given = Object.fromEntries(Object.entries(tensors).map(([name, raw]) => [name, toFloat32(raw)]));
  return { config, weights: matchWeights(weightShapes(config), given, weightsName) };
}

/** The shape of each weight of a model, by name. */
export const weightShapes = (config: ModelConfig): Record<string, Shape> =>
  Object.fromEntries(Object.entries(modelParameters(config)).map(([name, { shape }]) => [name, shape]));

/** Whether a configuration's bytes differ from it at most in where the weights come from. */
export function describesNetwork(bytes: Uint8Array, config: ModelConfig): boolean {
  const bare = ({ training: _, ...rest }: Partial<ModelConfig>): string => JSON.stringify(rest);
  try {
    return bare(JSON.parse(new TextDecoder().decode(bytes))) === bare(config);
  } catch {
    return false;
  }
}

function decodeConfig(bytes: Uint8Array, where: string): ModelConfig {
  let input: unknown;
  try {
    input = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw expected(where, 'JSON', 'something else', 'the file is damaged or truncated');
  }
  const { format, version } = (input ?? {}) as { format?: unknown; version?: unknown };
  if (format !== 'rddm-model')
    throw expected(where, '"format": "rddm-model"', format ?? 'none', 'this is not a model of rddm');
  if (version !== 1) throw expected(where, '"version": 1', version ?? 'none', 'a newer rddm may read it');
  return modelConfig(input as ModelConfigInput, where);
}
