/**
 * Training on WebGPU is on the device altogether: no operator of a whole step (forward, loss, backward, clipping, Adam, average)
 * falls back to the CPU, the states do not travel, and yet become what they become on the CPU. Placement does not depend on
 * size, so the networks are tiny.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openRuntime } from '../src/adapters/node/open-runtime.ts';
import { add, feed, state, sum } from '../src/graph/build.ts';
import { createProgram } from '../src/graph/program.ts';
import { normalTensor } from '../src/math/random.ts';
import { largestDifference, type Tensor, tensor } from '../src/math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { initialWeights } from '../src/nn/parameters.ts';
import type { Executable } from '../src/runtime/runtime.ts';
import { optimiserFeeds } from '../src/train/optimiser.ts';
import { initialStates, stepPrograms } from '../src/train/step.ts';
import { whyNoWebgpu } from './support/webgpu.ts';

const optimiser = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 } as const;
/** One network, and two decoders of one encoder with gradients summed over two runs. */
const cases: readonly {
  name: string;
  config: ModelConfigInput;
  loss: 'l1' | 'l2';
  batch: number;
  accumulation: number;
}[] = [
  {
    name: 'one network',
    config: { objective: 'residual', unet: { dim: 4, multipliers: [1, 2], groups: 2 } },
    loss: 'l1',
    batch: 1,
    accumulation: 1,
  },
  {
    name: 'a shared encoder, accumulating',
    config: {
      objective: 'residual-noise',
      networks: 'shared-encoder',
      unet: { dim: 4, multipliers: [1], groups: 2 },
    },
    loss: 'l2',
    batch: 2,
    accumulation: 2,
  },
];

const isMemory = async (executable: Executable): Promise<string[]> => [
  ...new Set((await executable.residence()).map(({ memory }) => memory)),
];

describe('training on WebGPU', { skip: await whyNoWebgpu() }, () => {
  const webgpu = openRuntime('webgpu');
  const cpu = openRuntime('cpu');
  after(() => Promise.all([webgpu.close(), cpu.close()]));

  for (const { name, config: input, loss, batch, accumulation } of cases) {
    test(name, async () => {
      const config = modelConfig(input);
      const programs = stepPrograms(config, { ...optimiser, loss, batch, accumulation, height: 4, width: 4 });
      const states = initialStates(initialWeights(modelParameters(config), 1), accumulation);
      const [onDevice, here] = await Promise.all([webgpu.load(programs, states), cpu.load(programs, states)]);

      for (const program of Object.keys(programs)) {
        const placed = await onDevice.placement(program);
        assert.ok(placed.length > 1000);
        assert.deepEqual(
          placed.filter(({ provider }) => provider !== 'WebGpuExecutionProvider'),
          [],
          program,
        );
      }

      for (let step = 1; step <= 2; step++) {
        for (const [program, { feeds }] of Object.entries(programs)) {
          const given: Record<string, Tensor> = {
            ...Object.fromEntries(
              Object.entries(feeds).map(([feedName, { shape }]) => [feedName, normalTensor(shape, step, [feedName])]),
            ),
            ...(program === 'step' && optimiserFeeds(step, 1e-3, 0.5, optimiser)),
          };
          const [wanted, got] = await Promise.all([here.run(program, given), onDevice.run(program, given)]);
          for (const [output, value] of Object.entries(wanted)) {
            const error = largestDifference(value, got[output]) / Math.max(1, value.data[0]);
            assert.ok(error < 1e-4, `${output} of ${program} ${step} differs by ${error}`);
          }
        }
        assert.deepEqual([await isMemory(here), await isMemory(onDevice)], [['host'], ['device']]);
      }
      await Promise.all([onDevice.release(), here.release()]);
    });
  }

  test('a state that nothing updates stays, and any can be read alone', async () => {
    const [v, w] = [state('v', [3]), state('w', [2])];
    const step = createProgram('step', { total: sum(v) }, { v, w: add(w, feed('x', [2])) });
    const looking = createProgram('look', { both: sum(w), twice: w });
    const executable = await webgpu.load({ step, looking }, { v: tensor([3], [1, 2, 3]), w: tensor([2], [4, 5]) });
    const { total } = await executable.run('step', { x: tensor([2], [2, 2]) });
    const { both, twice } = await executable.run('looking', {});
    assert.deepEqual([total.data[0], both.data[0], ...twice.data], [6, 13, 6, 7]);
    assert.deepEqual(await executable.readStates(['w']), { w: tensor([2], [6, 7]) });
    assert.deepEqual(await executable.readStates(['v']), { v: tensor([3], [1, 2, 3]) });
    assert.deepEqual(await isMemory(executable), ['device']);
    await executable.release();
    await assert.rejects(executable.residence(), /residence: expected an executable that still holds its programs/);
  });
});
