/**
 * Identifies a model, a configuration or a file of weights from its bytes.
 */
import { decodeCheckpointFile } from '../../checkpoint/checkpoint-file.ts';
import { inferModelConfig } from '../../checkpoint/infer.ts';
import { decodeModel, type ModelFiles, modelFileNames } from '../../checkpoint/model-directory.ts';
import { numberFormats } from '../../checkpoint/safetensors.ts';
import type { WeightsChoice } from '../../checkpoint/torch-weights.ts';
import type { TensorMap } from '../../math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../../model/config.ts';

/** The file from which weights were read. */
export interface WeightsFile {
  readonly name: string;
  readonly bytes: number;
  readonly tensors: number;
  /** The number formats in the file, if it states them. */
  readonly dtypes: readonly string[];
  readonly choice?: WeightsChoice;
  readonly step?: number;
}

/** What is being inspected. */
export interface Subject {
  readonly kind: 'model' | 'configuration' | 'checkpoint' | 'default configuration';
  /** The name of the directory or file; undefined for the default. */
  readonly name?: string;
  readonly config: ModelConfig;
  readonly weights?: TensorMap;
  readonly weightsFile?: WeightsFile;
}

/** The paper's network, which an empty configuration means. */
export const defaultSubject = (): Subject => ({ kind: 'default configuration', config: modelConfig({}) });

/**
 * A model directory.
 *
 * @param files its two files
 * @param name the directory's name, for messages
 * @param weightsName by default `weights.safetensors` in the directory
 * @throws RddmError if a file is missing, damaged or of another kind
 *
 * @example
 * ```ts
 * import { encodeModel, initialWeights, inspectModel, modelConfig, modelParameters } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1] } });
 * const files = encodeModel(config, initialWeights(modelParameters(config), 0), { dtype: 'float16' });
 * assert.deepEqual(inspectModel(files, 'mine').weightsFile?.dtypes, ['float16']);
 * ```
 */
export function inspectModel(
  files: Partial<ModelFiles>,
  name: string,
  weightsName = `${name}/${modelFileNames.weights}`,
): Subject {
  const { config, weights } = decodeModel(files, name);
  const bytes = files[modelFileNames.weights] as Uint8Array;
  const tensors = Object.keys(weights).length;
  const dtypes = numberFormats(bytes, weightsName);
  return {
    kind: 'model',
    name,
    config,
    weights,
    weightsFile: { name: weightsName, bytes: bytes.length, tensors, dtypes },
  };
}

/**
 * A configuration.
 *
 * @param input the configuration, of any type
 * @throws RddmError if a field is wrong
 */
export const inspectConfiguration = (input: unknown, name: string): Subject => ({
  kind: 'configuration',
  name,
  config: modelConfig(input as ModelConfigInput, name),
});

/**
 * A checkpoint (.pt) or weights without a configuration (.safetensors); what they do not show is assumed by default.
 *
 * @throws RddmError if the file is damaged or of another kind
 *
 * @example
 * ```ts
 * import { encodeSafetensors, initialWeights, inspectCheckpoint, modelConfig, modelParameters } from 'rddm';
 * import assert from 'node:assert/strict';
 * const unet = { dim: 8, multipliers: [1] };
 * const two = modelConfig({ networks: 'two', objective: 'residual-noise', unet });
 * const weights = initialWeights(modelParameters(two), 0);
 * const { config } = inspectCheckpoint(encodeSafetensors(weights), 'weights.safetensors');
 * assert.equal(config.networks, 'two');
 * ```
 */
export function inspectCheckpoint(bytes: Uint8Array, name: string): Subject {
  const { weights, choice, step, schedule } = decodeCheckpointFile(bytes, name);
  const config = inferModelConfig(weights, { schedule }, name);
  const dtypes = choice === undefined ? numberFormats(bytes, name) : [];
  const weightsFile = {
    ...{ name, bytes: bytes.length, tensors: Object.keys(weights).length, dtypes },
    ...(choice && { choice }),
    ...(step !== undefined && { step }),
  };
  return { kind: 'checkpoint', name, config, weights, weightsFile };
}
