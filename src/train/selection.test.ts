/** AOSA: Eq. 53 by hand, its gradient by differences, and when it decides. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertSlope, exactly } from '../../test/support/gradient-checks.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { constant } from '../graph/build.ts';
import { evaluate } from '../graph/evaluate.ts';
import { normalTensor } from '../math/random.ts';
import { type Tensor, tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters, networks } from '../model/networks.ts';
import { constantParameters, initialWeights, stateParameters } from '../nn/parameters.ts';
import { selected, selectionFeeds, selectionLoss, selectionParameters } from './selection.ts';
import type { TrainingBatch } from './step.ts';

const unet = { dim: 8, multipliers: [1], groups: 4 };
const sizes = { batch: 3, height: 3, width: 4 };
const images = (name: string): Tensor => {
  const { shape, data } = normalTensor([3, 3, 3, 4], 1, ['selection test', name]);
  return { shape, data: data.map((value) => value / 3) };
};
/** At the last time nothing of the clean image is left. */
const batch: TrainingBatch = {
  clean: images('clean'),
  input: images('input'),
  noise: images('noise'),
  time: [40, 700, 999],
};

const restoration = modelConfig({ unet, schedule: { noiseStrength: 0.25 } });
const generation = modelConfig({ unet, task: 'generation', condition: 'none', schedule: { kind: 'ddim-linear' } });

describe('Eq. 53 by hand', () => {
  for (const [name, config] of Object.entries({ restoration, generation })) {
    for (const weighting of ['printed', 'equal'] as const) {
      for (const clip of ['reference', 'none'] as const) {
        for (const loss of ['l1', 'l2'] as const) {
          test(`${name}, weighting ${weighting}, clip ${clip}, ${loss}`, () => {
            const lambda = 0.3;
            const weights = initialWeights(modelParameters(config), 5);
            const parameters = constantParameters({ ...weights, lambda_res: tensor([1], [lambda]) });
            const schedule = createSchedule(config.schedule);
            const generates = config.task === 'generation';
            const { input, ...rest } = batch;
            const feeds = selectionFeeds(config, schedule, generates ? rest : batch);
            const nodes = selectionLoss(config, { ...sizes, loss }, { weighting, clip }, parameters);
            const { residualLoss, noiseLoss } = nodes.parts;
            const given = evaluate([nodes.loss, residualLoss, noiseLoss], feeds).map(({ data }) => data[0]);

            const size = batch.clean.data.length / 3;
            const pixels = Array.from(batch.clean.data, (clean, i) => {
              const time = batch.time[Math.floor(i / size)];
              const [alphaBar, betaBar] = [schedule.alphaBar[time], schedule.betaBar[time]];
              const start = generates || !input ? 0 : input.data[i];
              const noise = batch.noise.data[i];
              const noisy = clean + alphaBar * (start - clean) + betaBar * noise; // Eq. 7
              return { alphaBar, betaBar, start, noise, noisy, residual: start - clean };
            });
            const seen = {
              noisy: constant(
                tensor(
                  batch.clean.shape,
                  pixels.map(({ noisy }) => noisy),
                ),
              ),
              input: generates || !input ? undefined : constant(input),
              residualTime: constant(feeds.residualTime),
              noiseTime: constant(feeds.residualTime),
            };
            const [{ data: output }] = evaluate([networks(config, seen, parameters).residual as never]);

            const distances = pixels.map(({ alphaBar, betaBar, start, noise, noisy, residual }, i) => {
              const O = output[i];
              const share = Math.max(1e-6, 1 - alphaBar);
              const free = (noisy - alphaBar * start - betaBar * O) / share;
              const clean = clip === 'none' ? free : Math.max(-1, Math.min(1, free));
              const fromResidual = (noisy - start - (alphaBar - 1) * O) / betaBar;
              return [
                Math.abs(residual - (lambda * O + (1 - lambda) * (start - clean))),
                Math.abs(noise - (lambda * fromResidual + (1 - lambda) * O)),
              ];
            });
            const mean = (k: number): number =>
              distances.reduce((total, pair) => total + (loss === 'l1' ? pair[k] : pair[k] ** 2), 0) / distances.length;
            const shares = weighting === 'printed' ? [lambda, 1 - lambda] : [1, 1];
            const wanted = [shares[0] * mean(0) + shares[1] * mean(1), mean(0), mean(1)];
            // Division by 1e-6 magnifies the float32 rounding of I_t.
            const tolerance = clip === 'none' && !generates ? 1e-3 : 1e-4;
            wanted.forEach((value, i) => {
              assert.ok(Math.abs(given[i] / value - 1) < tolerance, `${given[i]} and ${value}`);
            });
          });
        }
      }
    }
  }
});

describe('the gradient by differences, also for λ', () => {
  for (const [name, config] of Object.entries({ restoration, generation })) {
    for (const weighting of ['printed', 'equal'] as const) {
      test(`${name}, weighting ${weighting}`, () => {
        const schedule = createSchedule(config.schedule);
        const { input: _, ...rest } = batch;
        const shown = config.task === 'generation' ? rest : batch;
        // At the last time, the share of 1e-6 leaves nothing of a difference.
        const feeds = selectionFeeds(config, schedule, { ...shown, time: [40, 700, 900] });
        const weights = initialWeights(selectionParameters(config), 5);
        const values = exactly({ ...weights, ...feeds });
        const options = { ...sizes, loss: 'l2' } as const;
        const { parameters } = stateParameters();
        assertSlope(selectionLoss(config, options, { weighting, clip: 'reference' }, parameters).loss, values);
      });
    }
  }
});

test('λ decides when it passes the threshold, upwards for the residual', () => {
  const at = (lambda: number) => selected(lambda, 0.01);
  assert.deepEqual([0.48, 0.492, 0.5, 0.508, 0.52].map(at), ['noise', undefined, undefined, undefined, 'residual']);
  assert.equal(selected(0.7, 0.25), undefined);
});

test('λ starts undecided beside the weights of the network', () => {
  const { lambda_res, ...weights } = initialWeights(selectionParameters(restoration), 5);
  assert.deepEqual([...lambda_res.data], [0.5]);
  assert.deepEqual(weights, initialWeights(modelParameters(restoration), 5));
});
