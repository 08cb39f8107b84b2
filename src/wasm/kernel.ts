/**
 * A pass as WebAssembly: one loop that loads four elements of every tensor, does all steps in registers, and stores the
 * results. Every step is one IEEE operation, so the result equals running the ops one after another, bit for bit.
 */

import type { ElementwiseOp, Kernel, KernelOperand } from '../graph/elementwise.ts';
import { expected } from '../math/errors.ts';
import { encodeModule, unsigned, type ValueType } from './module.ts';

/** Elements per iteration of the loop; arrays must extend to a multiple of it. */
export const LANES = 4;

const simd = (code: number, ...immediate: number[]): number[] => [0xfd, ...unsigned(code), ...immediate];
const ALIGNED = [4, 0]; // 2⁴ bytes, offset 0

/** Vector instructions on four float32. */
const instructions: Readonly<Record<ElementwiseOp, number[]>> = {
  absolute: simd(0xe0),
  negate: simd(0xe1),
  sqrt: simd(0xe3),
  add: simd(0xe4),
  subtract: simd(0xe5),
  multiply: simd(0xe6),
  divide: simd(0xe7),
  minimum: simd(0xe8),
};

const local = { get: 0x20, set: 0x21 };
const load = simd(0, ...ALIGNED);
const store = simd(11, ...ALIGNED);
const splat = simd(0x13);

const floatBytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

/**
 * The bytes of a module. Its `run` takes the number of bytes to process (a multiple of 16), the addresses of the
 * tensors, the addresses of the results (which may be those of tensors), and the numbers.
 *
 * @example
 * ```ts
 * import { compileKernel } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const step = { op: 'add', operands: [{ from: 'tensor', index: 0 }, { from: 'number', index: 0 }] } as const;
 * const bytes = compileKernel({ tensors: 1, numbers: 1, constants: [], steps: [step], results: [0] });
 * assert.deepEqual([...bytes.subarray(0, 4)], [0x00, 0x61, 0x73, 0x6d]); // \0asm
 * ```
 */
export function compileKernel({ tensors, numbers, constants, steps, results }: Kernel): Uint8Array<ArrayBuffer> {
  if (results.length === 0) throw expected('compileKernel', 'at least one result', 'none');
  const parameters: ValueType[] = ['i32'];
  const firstAddress = parameters.length;
  for (let i = 0; i < tensors + results.length; i++) parameters.push('i32');
  const firstNumber = parameters.length;
  for (let i = 0; i < numbers; i++) parameters.push('f32');

  const offset = parameters.length;
  const firstLoaded = offset + 1;
  const firstSplat = firstLoaded + tensors;
  const firstConstant = firstSplat + numbers;
  const firstStep = firstConstant + constants.length;
  const locals: ValueType[] = ['i32', ...new Array<ValueType>(firstStep + steps.length - firstLoaded).fill('v128')];

  const get = (index: number): number[] => [local.get, ...unsigned(index)];
  const set = (index: number): number[] => [local.set, ...unsigned(index)];
  const address = (index: number): number[] => [...get(firstAddress + index), ...get(offset), 0x6a]; // i32.add
  const starts: Readonly<Record<KernelOperand['from'], number>> = {
    tensor: firstLoaded,
    number: firstSplat,
    constant: firstConstant,
    step: firstStep,
  };
  const range = (count: number): number[] => [...new Array(count).keys()];

  const body = [
    ...range(numbers).flatMap((i) => [...get(firstNumber + i), ...splat, ...set(firstSplat + i)]),
    ...constants.flatMap((value, i) => [0x43, ...floatBytes(value), ...splat, ...set(firstConstant + i)]), // f32.const
    ...[0x03, 0x40], // loop
    ...range(tensors).flatMap((i) => [...address(i), ...load, ...set(firstLoaded + i)]),
    ...steps.flatMap(({ op, operands }, i) => [
      ...operands.flatMap(({ from, index }) => get(starts[from] + index)),
      ...instructions[op],
      ...set(firstStep + i),
    ]),
    ...results.flatMap((step, i) => [...address(tensors + i), ...get(firstStep + step), ...store]),
    ...[...get(offset), 0x41, 16, 0x6a, 0x22, ...unsigned(offset)], // offset += 16, and leave it on the stack
    ...[...get(0), 0x49, 0x0d, 0, 0x0b], // i32.lt_u, br_if 0, end
  ];
  return encodeModule({ parameters, locals, body });
}
