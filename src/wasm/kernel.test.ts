/** Compares kernels bit for bit with the same float32 operations in JavaScript. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ElementwiseOp, elementwiseOps, type Kernel } from '../graph/elementwise.ts';
import { compileKernel, LANES } from './kernel.ts';
import { unsigned } from './module.ts';

const rounded: Readonly<Record<ElementwiseOp, (a: number, b: number) => number>> = {
  negate: (a) => -a,
  absolute: Math.abs,
  sqrt: (a) => Math.fround(Math.sqrt(a)),
  add: (a, b) => Math.fround(a + b),
  subtract: (a, b) => Math.fround(a - b),
  multiply: (a, b) => Math.fround(a * b),
  divide: (a, b) => Math.fround(a / b),
  minimum: Math.min,
};

/** Runs a kernel on consecutive arrays; the results come after the tensors. */
function run(kernel: Kernel, tensors: readonly (readonly number[])[], numbers: readonly number[] = []): number[][] {
  const count = tensors[0].length;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(compileKernel(kernel));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const at = (i: number) => new Float32Array(memory.buffer, 1024 * (i + 1), count);
  tensors.forEach((values, i) => {
    at(i).set(values);
  });
  const all = tensors.length + kernel.results.length;
  const addresses = Array.from({ length: all }, (_, i) => 1024 * (i + 1));
  (exports.run as (...all: number[]) => void)(Math.ceil(count / LANES) * 16, ...addresses, ...numbers);
  return kernel.results.map((_, i) => [...at(tensors.length + i)]);
}

const a = [1.5, -2, 0, 1e30, 3, -0.1, 7, 8, 1e-40].map(Math.fround);
const b = [3, 0.7, -5, 1e30, 3, 0.2, -7, 0, 2].map(Math.fround);

describe('one op', () => {
  for (const op of elementwiseOps) {
    test(op, () => {
      const operands = [0, 1].slice(0, ['negate', 'absolute', 'sqrt'].includes(op) ? 1 : 2);
      const step = { op, operands: operands.map((index) => ({ from: 'tensor', index }) as const) };
      const [result] = run({ tensors: 2, numbers: 0, constants: [], steps: [step], results: [0] }, [a, b]);
      assert.deepEqual(
        result,
        a.map((value, i) => rounded[op](value, b[i])),
      );
    });
  }
});

test('numbers, constants and steps as operands; several results', () => {
  const kernel: Kernel = {
    tensors: 1,
    numbers: 2,
    constants: [0.25, 3],
    steps: [
      {
        op: 'multiply',
        operands: [
          { from: 'tensor', index: 0 },
          { from: 'number', index: 1 },
        ],
      },
      {
        op: 'add',
        operands: [
          { from: 'step', index: 0 },
          { from: 'constant', index: 1 },
        ],
      },
      {
        op: 'subtract',
        operands: [
          { from: 'number', index: 0 },
          { from: 'constant', index: 0 },
        ],
      },
    ],
    results: [1, 2],
  };
  const values = Array.from({ length: 200 }, (_, i) => i - 100);
  const [first, second] = run(kernel, [values], [10, 2]);
  assert.deepEqual(
    first,
    values.map((value) => 2 * value + 3),
  );
  assert.deepEqual(
    second,
    values.map(() => 9.75),
  );
});

test('a result may overwrite a tensor', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const step = {
    op: 'multiply',
    operands: [
      { from: 'tensor', index: 0 },
      { from: 'tensor', index: 1 },
    ],
  } as const;
  const kernel: Kernel = { tensors: 2, numbers: 0, constants: [], steps: [step], results: [0] };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(compileKernel(kernel)), { env: { memory } });
  const data = new Float32Array(memory.buffer, 0, 8).fill(3);
  (exports.run as (...all: number[]) => void)(32, 0, 0, 0);
  assert.deepEqual([...data], new Array(8).fill(9));
});

test('LEB128: seven bits per byte, lowest first', () => {
  assert.deepEqual(unsigned(0), [0]);
  assert.deepEqual(unsigned(127), [0x7f]);
  assert.deepEqual(unsigned(128), [0x80, 0x01]);
  assert.deepEqual(unsigned(624485), [0xe5, 0x8e, 0x26]); // the specification's example
});

test('a kernel without results is refused', () => {
  assert.throws(() => compileKernel({ tensors: 1, numbers: 0, constants: [], steps: [], results: [] }), {
    message: 'compileKernel: expected at least one result, got none',
  });
});
