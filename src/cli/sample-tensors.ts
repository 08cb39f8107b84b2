/**
 * The tensors of `rddm sample --tensors`: explicit images and noise in, every image of the reverse process out, under the
 * names of the golden files. A name that means nothing here is refused, since a misspelt one would be replaced by
 * random numbers and the comparison would be of something else.
 */
import { readBytes } from '../adapters/node/files/files.ts';
import { type RawTensor, toFloat32 } from '../checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../checkpoint/safetensors.ts';
import { expected } from '../math/errors.ts';
import { elementCount, type Shape, showShape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

/** What a file gives to the sampler. */
export interface SampleTensors {
  readonly input?: Tensor;
  readonly mask?: Tensor;
  readonly initialNoise?: Tensor;
  readonly stepNoise?: readonly Tensor[];
  /** Cumulative tables, in place of the model's schedule. */
  readonly tables?: { readonly alphaBar: Float64Array; readonly betaBar: Float64Array };
  /** Of the images. */
  readonly shape: Shape;
}

const images = ['input', 'initial_noise', 'mask'] as const;
const meaningful = [...images, 'step_noise', 'alpha_bar', 'beta_bar'];
/** What golden files hold besides: the answer, and the weights that belong to the model directory. */
const passedOver = /^(param\/.*|trajectory)$/;

/** Entries of the first axis. */
function entries({ shape, data }: Tensor): Tensor[] {
  const entryShape = shape.slice(1);
  const size = elementCount(entryShape);
  return Array.from({ length: shape[0] }, (_, i) => ({
    shape: entryShape,
    data: data.slice(i * size, (i + 1) * size),
  }));
}

const numbers = (raw: RawTensor): Float64Array => Float64Array.from(raw.data as unknown as number[], Number);

/**
 * Reads explicit inputs of the sampler.
 *
 * @throws RddmError when the file is missing or damaged, holds a name that means nothing, or no image to tell the size
 */
export async function readSampleTensors(path: string): Promise<SampleTensors> {
  const { tensors } = decodeSafetensors(await readBytes(path, 'sample'), path);
  const unknown = Object.keys(tensors).find((name) => !meaningful.includes(name) && !passedOver.test(name));
  if (unknown !== undefined) throw expected(path, `tensors named ${meaningful.join(', ')}`, `"${unknown}"`);
  const image = (name: string): Tensor | undefined => tensors[name] && toFloat32(tensors[name]);
  const [input, initialNoise, mask] = images.map(image);
  const first = input ?? initialNoise;
  if (!first) throw expected(path, 'a tensor "input" or "initial_noise"', Object.keys(tensors).join(', ') || 'none');
  const { step_noise: noise, alpha_bar: alphaBar, beta_bar: betaBar } = tensors;
  if (noise && noise.shape.length !== 5) {
    throw expected(path, '"step_noise" [steps - 1, N, C, H, W]', showShape(noise.shape));
  }
  if (!alphaBar !== !betaBar) {
    throw expected(path, '"alpha_bar" and "beta_bar" together', `only "${alphaBar ? 'alpha_bar' : 'beta_bar'}"`);
  }
  return {
    shape: first.shape,
    ...(input && { input }),
    ...(mask && { mask }),
    ...(initialNoise && { initialNoise }),
    ...(noise && { stepNoise: entries(toFloat32(noise)) }),
    ...(alphaBar && betaBar && { tables: { alphaBar: numbers(alphaBar), betaBar: numbers(betaBar) } }),
  };
}

/** Images of one shape as one tensor [count, …]. */
export function stacked(all: readonly Tensor[]): Tensor {
  const [{ shape, data }] = all;
  const result = { shape: [all.length, ...shape], data: new Float32Array(all.length * data.length) };
  for (const [index, one] of all.entries()) result.data.set(one.data, index * data.length);
  return result;
}
