/**
 * Infers a network's structure from its weights, so that a checkpoint can be used without a configuration. Names show
 * whether it is one network, two, or a shared encoder; its kind (networks/) reads its settings; shapes show picture
 * channels, condition and outputs. Everything else comes from hints or the schema's defaults: task, groups, schedule,
 * noise strength, sampling, the form of the time input, and what a single network predicts if it has as many outputs as
 * the picture has channels.
 */
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../model/config.ts';
import type { NetworkForm } from '../model/config-fields.ts';
import type { SeenNetwork, WeightReader } from '../networks/network-kind.ts';
import { foreign } from '../networks/read-weights.ts';
import { kindField, kindOf, networkNames } from '../networks/registry.ts';

/** Kinds of network whose settings can be inferred from weights. */
const readable = networkNames.flatMap((name) => {
  const { description, reader } = kindOf({ kind: name });
  return reader ? [{ name, description, reader }] : [];
});

/** The kind of network with weights under `prefix`. */
function kindOfWeights(weights: TensorMap, prefix: string, where: string): (typeof readable)[number] {
  const found = readable.find(({ reader }) => Object.hasOwn(weights, `${prefix}${reader.sign}`));
  if (found) return found;
  const signs = readable.map(({ reader }) => `${prefix}${reader.sign}`).join(' or ');
  throw expected(where, `a weight ${signs}`, 'none of that name', foreign);
}

function networkForm(names: readonly string[], { secondDecoder }: WeightReader): NetworkForm {
  if (secondDecoder && names.some((name) => name.startsWith(secondDecoder))) return 'shared-encoder';
  return names.some((name) => name.startsWith('unet1.')) ? 'two' : 'one';
}

/** A hint may add to what the weights show, but never contradict it. */
function agree(field: string, hint: unknown, seen: unknown, where: string): void {
  if (hint !== undefined && JSON.stringify(hint) !== JSON.stringify(seen)) {
    throw expected(where, `weights of ${field} ${JSON.stringify(hint)}`, `weights of ${field} ${JSON.stringify(seen)}`);
  }
}

/**
 * The configuration of the network that has these weights.
 *
 * @param weights under the reference's names: `unet0.…` (and `unet1.…`), or without prefix
 * @param hints what the weights do not show; a field that they do show must agree. Without hints: task `restoration`,
 *   objective `residual` (`noise` for generation) if the weights do not show it, groups 8, default schedule and
 *   sampling
 * @param where the file's name, for messages
 * @throws RddmError if the weights do not belong to such a network, or a hint contradicts them
 *
 * @example
 * ```ts
 * import { filled, inferModelConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = inferModelConfig({
 *   'unet0.init_conv.weight': filled([16, 6, 7, 7], 0), // I_t and the input, three channels each
 *   'unet0.downs.0.3.weight': filled([16, 16, 4, 4], 0),
 *   'unet0.downs.1.3.weight': filled([32, 16, 3, 3], 0),
 *   'unet0.final_conv.weight': filled([3, 16, 1, 1], 0),
 * });
 * assert.deepEqual(config.unet, { dim: 16, multipliers: [1, 2], groups: 8, channels: 3 });
 * assert.equal(config.condition, 'input');
 * ```
 */
export function inferModelConfig(
  weights: TensorMap,
  hints: Partial<ModelConfigInput> = {},
  where = 'inferModelConfig',
): ModelConfig {
  const names = Object.keys(weights);
  const prefix = names.some((name) => /^unet[01]\./.test(name)) ? 'unet0.' : '';
  const kind = kindOfWeights(weights, prefix, where);
  const networks = networkForm(names, kind.reader);
  const isShared = networks === 'shared-encoder';
  const seen = kind.reader.read(weights, prefix, isShared, where);
  if (networks === 'two') {
    const flat = ({ settings, ...channels }: SeenNetwork) => ({ ...settings, ...channels });
    agree('unet1', flat(kind.reader.read(weights, 'unet1.', isShared, where)), flat(seen), where);
  }

  // Six outputs (two for grey) are residual and noise, which only a single network has.
  const predictsBoth = networks === 'one' && (seen.outputs === 6 || seen.outputs === 2);
  const channels = predictsBoth ? seen.outputs / 2 : seen.outputs;
  if (channels !== 1 && channels !== 3) {
    const counts = networks === 'one' ? '1, 2, 3 or 6' : '1 or 3';
    throw expected(where, `a network with ${counts} output channels`, String(seen.outputs), foreign);
  }
  const conditions = { 1: 'none', 2: 'input', 3: 'input-and-mask' } as const;
  const condition = conditions[(seen.inputs / channels) as keyof typeof conditions];
  if (!condition) {
    const what = `${channels}, ${2 * channels} or ${3 * channels} input channels (picture, input, mask)`;
    throw expected(where, what, String(seen.inputs), foreign);
  }
  const isBoth = predictsBoth || networks !== 'one';
  const guess = hints.task === 'generation' ? 'noise' : 'residual';
  const objective = isBoth ? 'residual-noise' : (hints.objective ?? guess);

  if (hints.unet?.kind !== undefined && hints.unet.kind !== kind.name) {
    throw expected(where, `weights of a unet of kind "${hints.unet.kind}"`, `those of ${kind.description}`);
  }
  agree('networks', hints.networks, networks, where);
  agree('condition', hints.condition, condition, where);
  const hinted: Readonly<Record<string, unknown>> = hints.unet ?? {};
  const settings: Readonly<Record<string, unknown>> = { ...seen.settings, channels };
  for (const [name, value] of Object.entries(settings)) agree(`unet.${name}`, hinted[name], value, where);
  if (isBoth) agree('objective', hints.objective, objective, where);
  if (!isBoth && objective === 'residual-noise') {
    throw expected(where, `weights with ${2 * channels} outputs for objective "residual-noise"`, String(seen.outputs));
  }
  const unet = { ...kindField(kind.name), ...hints.unet, ...settings } as ModelConfigInput['unet'];
  return modelConfig({ ...hints, networks, condition, objective, unet }, where);
}
