/**
 * Training on WebGPU runs entirely on the device: no operator of a whole step (forward, loss, backward, clipping, Adam,
 * average) falls back to the CPU, the states are not copied, and their values match the CPU's. Placement does not
 * depend on size, so the network is tiny; sizes between levels are in the conformance suite.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openRuntime } from '../src/adapters/node/ort/open-runtime.ts';
import { add, feed, state, sum } from '../src/graph/build.ts';
import { createProgram } from '../src/graph/program.ts';
import { normalTensor } from '../src/math/random.ts';
import { largestDifference, tensor } from '../src/math/tensor.ts';
import { modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { initialWeights } from '../src/nn/parameters.ts';
import type { Executable } from '../src/runtime/runtime.ts';
import { optimiserFeeds } from '../src/train/optimiser.ts';
import { selectionParameters, selectionPrograms } from '../src/train/selection.ts';
import { initialStates, stepPrograms } from '../src/train/step.ts';
import { whyNoWebgpu } from './support/webgpu.ts';

const optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 } as const;
const config = modelConfig({ objective: 'residual', unet: { dim: 4, multipliers: [1], groups: 2 } });
const local = modelConfig({ unet: { kind: 'local', width: 4, encoder: [1], middle: 1, decoder: [1] } });

const memoriesOf = async (executable: Executable): Promise<string[]> => [
  ...new Set((await executable.residence()).map(({ memory }) => memory)),
];

describe('training on WebGPU', { skip: await whyNoWebgpu() }, () => {
  const webgpu = openRuntime('webgpu');
  const cpu = openRuntime('cpu');
  after(() => Promise.all([webgpu.close(), cpu.close()]));

  const options = { ...optimiser, loss: 'l1', batch: 1, accumulation: 1, height: 4, width: 4 } as const;
  const selection = { weighting: 'printed', clip: 'reference', rate: 0.5 } as const;
  const phases = {
    'a whole step': { programs: stepPrograms(config, options), parameters: modelParameters(config) },
    'a whole step of a local network': { programs: stepPrograms(local, options), parameters: modelParameters(local) },
    'a whole step of choosing an objective': {
      programs: selectionPrograms(config, options, selection),
      parameters: selectionParameters(config),
    },
  };
  for (const [name, { programs, parameters }] of Object.entries(phases)) {
    test(name, async () => {
      const states = initialStates(initialWeights(parameters, 1), 1);
      const [onDevice, here] = await Promise.all([webgpu.load(programs, states), cpu.load(programs, states)]);

      const placed = await onDevice.placement('step');
      assert.ok(placed.length > 1000);
      assert.deepEqual(
        placed.filter(({ provider }) => provider !== 'WebGpuExecutionProvider'),
        [],
      );

      const feeds = Object.entries(programs.step.feeds);
      for (let step = 1; step <= 3; step++) {
        const given = {
          ...Object.fromEntries(feeds.map(([name, { shape }]) => [name, normalTensor(shape, step, [name])])),
          ...optimiserFeeds(step, 1e-3, 0.5, optimiser),
        };
        const [wanted, got] = await Promise.all([here.run('step', given), onDevice.run('step', given)]);
        for (const [output, value] of Object.entries(wanted)) {
          const error = largestDifference(value, got[output]) / Math.max(1, value.data[0]);
          assert.ok(error < 1e-4, `${output} of step ${step} differs by ${error}`);
        }
        assert.deepEqual([await memoriesOf(here), await memoriesOf(onDevice)], [['host'], ['device']]);
      }
      await Promise.all([onDevice.release(), here.release()]);
    });
  }

  test('a state that nothing updates stays, and any state can be read alone', async () => {
    const [v, w] = [state('v', [3]), state('w', [2])];
    const step = createProgram('step', { total: sum(v) }, { v, w: add(w, feed('x', [2])) });
    const looking = createProgram('look', { both: sum(w), twice: w });
    const executable = await webgpu.load({ step, looking }, { v: tensor([3], [1, 2, 3]), w: tensor([2], [4, 5]) });
    const { total } = await executable.run('step', { x: tensor([2], [2, 2]) });
    const { both, twice } = await executable.run('looking', {});
    assert.deepEqual([total.data[0], both.data[0], ...twice.data], [6, 13, 6, 7]);
    assert.deepEqual(await executable.readStates(['w']), { w: tensor([2], [6, 7]) });
    assert.deepEqual(await executable.readStates(['v']), { v: tensor([3], [1, 2, 3]) });
    assert.deepEqual(await memoriesOf(executable), ['device']);
    await executable.release();
    await assert.rejects(executable.residence(), /residence: expected an executable that is still loaded/);
  });
});
