/**
 * Reads a network's structure off its weights, so that a checkpoint without a configuration can be used. Names tell
 * one U-Net, two, or a shared encoder; shapes tell dim, multipliers, picture channels, condition and outputs. What no
 * weight shows comes from hints, else from the schema's defaults: task, groups, schedule, noise strength, sampling,
 * how time is told, and what a single network with as many outputs as the picture has channels predicts.
 */
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import type { TensorMap } from '../math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../model/config.ts';
import type { NetworkForm } from '../model/config-fields.ts';

const foreign = 'these are no weights of an RDDM U-Net';

/** What the weights of one U-Net (or of the shared encoder) show. */
interface UnetShape {
  readonly dim: number;
  readonly multipliers: number[];
  readonly inputs: number;
  readonly outputs: number;
}

/** Shape of a convolution's weight, [outputs, inputs, height, width]. */
function convolution(weights: TensorMap, name: string, kernel: readonly number[], where: string) {
  if (!Object.hasOwn(weights, name)) throw expected(where, `a weight ${name}`, 'none of that name', foreign);
  const { shape } = weights[name];
  const [outputs, inputs, height, width] = shape;
  if (shape.length !== 4 || height !== width || !kernel.includes(height)) {
    throw expected(where, `${name} with a kernel of ${kernel.join(' or ')}`, showShape(shape), foreign);
  }
  return { outputs, inputs };
}

function unetShape(weights: TensorMap, prefix: string, finalName: string, where: string): UnetShape {
  const first = convolution(weights, `${prefix}init_conv.weight`, [7], where);
  const dim = first.outputs;
  const multipliers: number[] = [];
  let width = dim;
  for (let level = 0; Object.hasOwn(weights, `${prefix}downs.${level}.3.weight`); level++) {
    // The last level has a 3×3 convolution in place of the downsampling one.
    const down = convolution(weights, `${prefix}downs.${level}.3.weight`, [3, 4], where);
    if (down.inputs !== width || down.outputs % dim !== 0) {
      const what = `${prefix}downs.${level}.3.weight from ${width} channels to a multiple of ${dim}`;
      throw expected(where, what, `from ${down.inputs} to ${down.outputs}`, foreign);
    }
    width = down.outputs;
    multipliers.push(width / dim);
  }
  if (multipliers.length === 0) throw expected(where, `a weight ${prefix}downs.0.3.weight`, 'none', foreign);
  const outputs = convolution(weights, `${prefix}${finalName}.weight`, [1], where).outputs;
  return { dim, multipliers, inputs: first.inputs, outputs };
}

function networkForm(weights: TensorMap): NetworkForm {
  const names = Object.keys(weights);
  if (names.some((name) => name.startsWith('ups_no_skip.'))) return 'shared-encoder';
  return names.some((name) => name.startsWith('unet1.')) ? 'two' : 'one';
}

/** A hint may tell what the weights do not show, never contradict what they do. */
function agree(field: string, hint: unknown, seen: unknown, where: string): void {
  if (hint !== undefined && JSON.stringify(hint) !== JSON.stringify(seen)) {
    throw expected(where, `weights of ${field} ${JSON.stringify(hint)}`, `weights of ${field} ${JSON.stringify(seen)}`);
  }
}

/**
 * The configuration of the network that has these weights.
 *
 * @param weights by the reference's names: `unet0.…` (and `unet1.…`), or without prefix
 * @param hints what the weights do not show; a field that they do show must agree. Without hints: task `restoration`,
 * objective `residual` (`noise` for generation) where it cannot be seen, groups 8, the default schedule and sampling
 * @param where the file's name, for messages
 * @throws RddmError when these are no weights of such a network, or a hint contradicts them
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
  const networks = networkForm(weights);
  const isPrefixed = networks === 'two' || Object.keys(weights).some((name) => name.startsWith('unet0.'));
  const final = networks === 'shared-encoder' ? 'final_conv_1' : 'final_conv';
  const seen = unetShape(weights, isPrefixed ? 'unet0.' : '', final, where);
  if (networks === 'two') agree('unet1', unetShape(weights, 'unet1.', final, where), seen, where);

  // Six outputs (two for grey) are residual and noise; only a single network has them.
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

  const { dim, multipliers } = seen;
  if (hints.unet?.kind === 'diffusers') {
    throw expected(where, 'weights of a unet of kind "diffusers"', "those of the paper's U-Net");
  }
  agree('networks', hints.networks, networks, where);
  agree('condition', hints.condition, condition, where);
  agree('unet.dim', hints.unet?.dim, dim, where);
  agree('unet.multipliers', hints.unet?.multipliers, multipliers, where);
  agree('unet.channels', hints.unet?.channels, channels, where);
  if (isBoth) agree('objective', hints.objective, objective, where);
  if (!isBoth && objective === 'residual-noise') {
    throw expected(where, `weights with ${2 * channels} outputs for objective "residual-noise"`, String(seen.outputs));
  }
  const unet = { ...hints.unet, dim, multipliers, channels } as const;
  return modelConfig({ ...hints, networks, condition, objective, unet }, where);
}
