/** Recomputation changes no bit and keeps less. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createOrtRuntime } from '../adapters/node/ort/runtime.ts';
import { normalTensor } from '../math/random.ts';
import type { TensorMap } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { initialStates, stepPrograms } from '../train/step.ts';
import { add, exp, feed, multiply, sigmoid, silu, sum } from './build.ts';
import { evaluate } from './evaluate.ts';
import { gradient } from './gradient.ts';
import { createProgram, type Program, programNodes } from './program.ts';
import { recompute } from './recompute.ts';

const count = (program: Program, op: string): number => programNodes(program).filter((node) => node.op === op).length;

const large = feed('x', [128, 256]);
const chain = (() => {
  const activated = silu(add(multiply(exp(large), 2), 1));
  const loss = sum(exp(activated));
  return createProgram('chain', { loss, dx: gradient(loss, [large])[0] });
})();

test('an activation and its inputs are recomputed, with the same values', () => {
  const again = recompute(chain, 0);
  assert.deepEqual([count(chain, 'sigmoid'), count(again, 'sigmoid')], [1, 2]);
  assert.deepEqual([count(chain, 'exp'), count(again, 'exp')], [2, 2]);
  const feeds = { x: normalTensor([128, 256], 0.1, ['recompute']) };
  const values = (program: Program): unknown => evaluate(Object.values(program.outputs), feeds);
  assert.deepEqual(values(again), values(chain));
});

test('values that fit the budget are kept, and so are those that need two large values', () => {
  assert.equal(recompute(chain), chain);
  const other = feed('other', [128, 256]);
  const mixed = add(exp(large), exp(other));
  const loss = sum(multiply(mixed, mixed));
  const program = createProgram('mixed', { loss, dx: gradient(loss, [large])[0] });
  assert.equal(recompute(program, 0), program);
});

test('a copy has the order of its original, so that both are written together', () => {
  const [first, second] = programNodes(recompute(chain, 0)).filter(({ op }) => op === 'sigmoid');
  assert.equal(first.order, second.order);
  assert.notEqual(first, second);
  assert.equal(sigmoid(large).order > first.order, true);
});

test('a training step gives the same bytes, whatever it keeps', async () => {
  const model = modelConfig({ unet: { dim: 16, multipliers: [1, 2] } });
  const optimiser = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };
  const { step } = stepPrograms(model, { loss: 'l1', batch: 1, height: 64, width: 64, accumulation: 1, ...optimiser });
  const states = initialStates(initialWeights(modelParameters(model), 1), 1);
  const feeds: TensorMap = Object.fromEntries(
    Object.entries(step.feeds).map(([name, { shape }]) => [name, normalTensor(shape, 1, [name])]),
  );
  const results = [0, Number.POSITIVE_INFINITY].map(async (keptBytes) => {
    const runtime = createOrtRuntime({ keptBytes });
    after(() => runtime.close());
    const executable = await runtime.load({ step }, states);
    return { ...(await executable.run('step', feeds)), ...(await executable.readStates()) };
  });
  const [recomputed, kept] = await Promise.all(results);
  assert.deepEqual(recomputed, kept);
});
