/**
 * The weights of golden networks that are too large to store: a formula computes them from each parameter's number and
 * each element's index, and the file's sums and last elements check them. They are not trained: they compare
 * architectures and conventions.
 */
import { expected } from '../../src/math/errors.ts';
import { elementCount, type Shape } from '../../src/math/shape.ts';
import type { Tensor, TensorMap } from '../../src/math/tensor.ts';
import type { GoldenFile } from './golden-file.ts';

/** An entry of a file's `parameters`. */
export interface FormulaParameter {
  readonly name: string;
  /** The name in later versions of the library, if it changed. */
  readonly newName?: string;
  readonly shape: Shape;
  readonly kind: string;
}

/** The value of an element from r in [-1, 1), by kind; `gain` and the fan-in scale only weights. */
const kinds: Readonly<Record<string, (r: number, shape: Shape, gain: number) => number>> = {
  weight: (r, shape, gain) => r * Math.sqrt(gain / elementCount(shape.slice(1))),
  bias: (r) => r * 0.05,
  'norm weight': (r) => 1 + 0.2 * r,
  'norm bias': (r) => 0.1 * r,
  'running mean': (r) => 0.1 * r,
  'running var': (r) => 1 + 0.5 * r,
};

/** @param position the 0-based index of the parameter in its list */
export function formulaTensor({ name, shape, kind }: FormulaParameter, position: number, gain: number): Tensor {
  if (!Object.hasOwn(kinds, kind)) {
    throw expected('formulaTensor', `${name} to be a ${Object.keys(kinds).join(', a ')}`, kind);
  }
  const value = kinds[kind];
  const data = new Float32Array(elementCount(shape));
  for (let i = 0; i < data.length; i++) {
    const x = (i + 1) * 0.6180339887498949 + (position + 1) * 0.7548776662466927;
    data[i] = value(2 * (x - Math.floor(x)) - 1, shape, gain);
  }
  return { shape, data };
}

/**
 * The weights described by a golden file's `parameters`, by name.
 *
 * @throws RddmError if they do not match the file's sums or last elements
 */
export function formulaWeights(golden: GoldenFile, names: 'name' | 'newName' = 'name'): TensorMap {
  const gain = golden.number('weight_gain');
  const lasts = golden.numbers('parameter_last');
  const sums = golden.numbers('parameter_sum');
  const parameters = golden.json('parameters') as readonly FormulaParameter[];
  return Object.fromEntries(
    parameters.map((parameter, position) => {
      const tensor = formulaTensor(parameter, position, gain);
      const { data } = tensor;
      const last = data[data.length - 1];
      const sum = data.reduce((total, x) => total + x, 0);
      // Sums depend on the order of addition, and a file may round them to float32.
      const isSame = Math.abs(sum - sums[position]) <= 1e-6 * Math.max(1, Math.abs(sum));
      if (last !== lasts[position] || !isSame) {
        const what = `${parameter.name} with last element ${lasts[position]} and sum ${sums[position]}`;
        throw expected(golden.name, what, `${last} and ${sum}`, 'the formula or its rounding differs');
      }
      return [parameter[names] ?? parameter.name, tensor];
    }),
  );
}
