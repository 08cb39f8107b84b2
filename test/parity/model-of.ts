/**
 * The model described by a golden file, ready to run: its configuration, schedule and weights, and the time input of
 * its networks. What the settings do not say is read from the weights.
 */
import { matchWeights } from '../../src/checkpoint/match.ts';
import type { Schedule } from '../../src/diffusion/schedule.ts';
import { expected } from '../../src/math/errors.ts';
import type { Tensor, TensorMap } from '../../src/math/tensor.ts';
import { type ModelConfig, modelConfig } from '../../src/model/config.ts';
import { modelParameters } from '../../src/model/networks.ts';
import { type GoldenFile, unetSizes } from './golden-file.ts';
import { seenCondition, seenMask, seenWeights } from './mask-channels.ts';
import { readObjective, shownNetworks } from './objective-words.ts';
import { scheduleOf } from './schedule-words.ts';
import { type NetworkTimes, networkTimeAt, readTimes } from './time-words.ts';

export interface GoldenModel {
  readonly config: ModelConfig;
  readonly schedule: Schedule;
  /** The weights under a prefix: those of `config` and no others. */
  weights(prefix: string): TensorMap;
  /** The file's mask in the form that the network gets; undefined if it gets none. */
  mask(mask: Tensor | undefined): Tensor | undefined;
  /** The time at an index, if the networks share one that `config.time` cannot express. */
  readonly networkTime: ((index: number) => number) | undefined;
}

/** Names with the model's prefix: a single U-Net is `unet0`, a shared encoder has none. */
const renamed = (weights: TensorMap, isShared: boolean): TensorMap =>
  Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => {
      const bare = name.replace(/^unet0\./, '');
      return [isShared ? bare : /^unet\d\./.test(name) ? name : `unet0.${bare}`, weight];
    }),
  );

/** Our word for the networks' time inputs, or the one time that they share. */
function timeOf(
  times: NetworkTimes,
  { objective, networks }: Pick<ModelConfig, 'objective' | 'networks'>,
  schedule: Schedule,
  where: string,
): { time: ModelConfig['time']; networkTime: GoldenModel['networkTime'] } {
  const { residual, noise } = times;
  const T = schedule.timesteps;
  const isOwn =
    residual?.base === 'alphaBar' && residual.factor === T && noise?.base === 'betaBar' && noise.factor === T;
  if (networks === 'two' && isOwn) return { time: 'cumulative', networkTime: undefined };
  const wanted =
    networks === 'one' && objective !== 'residual-noise'
      ? [times[objective === 'noise' ? 'noise' : 'residual']]
      : networks === 'two'
        ? [residual, noise]
        : [residual, noise].filter((one) => one !== undefined);
  const [first, second = first] = wanted;
  if (!first || !second || first.base !== second.base || first.factor !== second.factor) {
    const what = `network times that fit networks "${networks}" with objective "${objective}"`;
    throw expected(where, what, JSON.stringify(times), 'one time for all, or alpha_bar*T and beta_bar*T for two');
  }
  const isIndex = first.base === 'index' && first.factor === 1;
  return { time: 'index', networkTime: isIndex ? undefined : (index) => networkTimeAt(first, schedule, index) };
}

/** @param prefix the weights from which missing settings are read */
export function modelOf(golden: GoldenFile, prefix: 'param/' | 'initial/'): GoldenModel {
  const where = golden.name;
  const stored = golden.under(prefix);
  const image = golden.has('clean') ? golden.tensor('clean').shape.slice(-4) : golden.tensor('initial_noise').shape;
  const channels = image[1];
  if (channels !== 1 && channels !== 3) throw expected(where, 'images of 1 or 3 channels', String(channels));
  const first = Object.keys(stored).find((name) => name.endsWith('init_conv.weight'));
  if (!first) throw expected(where, `a weight ${prefix}…init_conv.weight`, 'none');
  const seen = seenCondition(stored[first].shape[1], channels, where);
  const shown = shownNetworks(stored, channels, where);
  const predicted = readObjective(golden.text('objective'), golden.optional('networks'), shown, where);

  const schedule = scheduleOf(golden);
  const { timesteps, noiseStrength } = schedule;
  const times = readTimes(golden.optional('network times'), timesteps, where);
  const { time, networkTime } = timeOf(times, predicted, schedule, where);
  const config = modelConfig(
    {
      task: golden.has('input') ? 'restoration' : 'generation',
      ...predicted,
      condition: seen.condition,
      time,
      unet: { ...unetSizes(golden), channels },
      schedule: { timesteps, noiseStrength },
      // The default may exceed T.
      sampling: { steps: golden.has('initial_noise') ? golden.number('steps') : 1 },
    },
    where,
  );
  const shapes = Object.fromEntries(Object.entries(modelParameters(config)).map(([name, { shape }]) => [name, shape]));
  const isShared = config.networks === 'shared-encoder';
  return {
    config,
    schedule,
    weights: (part) =>
      matchWeights(shapes, seenWeights(renamed(golden.under(part), isShared), seen, channels), `${where}, ${part}`),
    mask: (mask) => {
      if (seen.maskChannels === 0) return undefined;
      if (!mask) throw expected(where, 'a mask, which its network needs', 'none');
      return seenMask(mask, seen, channels, where);
    },
    networkTime,
  };
}
