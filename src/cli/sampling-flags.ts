/**
 * The options of the reverse process that `rddm sample` and `rddm restore` share, and their conversion to the
 * sampler's.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AdjustMode, adjustModes } from '../diffusion/adjust.ts';
import { type SamplingMethod, samplingMethods } from '../diffusion/objective.ts';
import { type Path, type PathName, pathNames } from '../diffusion/path.ts';
import { type Update, updates } from '../diffusion/remix.ts';
import { type TimeSpacing, timeSpacings } from '../diffusion/times.ts';
import { type VarianceKind, varianceKinds } from '../diffusion/variance.ts';
import { expected } from '../math/errors.ts';
import type { SampleOptions } from '../sample/options.ts';
import { numberWithin, wholeNumber } from './arguments.ts';

/** The options of the command line; omitted ones come from the model. */
export interface SamplingFlags {
  readonly steps?: number;
  readonly times?: TimeSpacing;
  readonly method?: SamplingMethod;
  readonly update?: Update;
  readonly eta?: number;
  readonly variance?: VarianceKind;
  readonly noiseStrength?: number;
  readonly adjust?: AdjustMode;
  readonly adjustAlpha?: number;
  readonly adjustBeta?: number;
  readonly adjustIndex?: 'matched' | 'kept';
  readonly path?: Path;
}

/** Parses a path: a name, or points such as `1,1 0.5,1 0,0`. The sampler checks where they may be. */
function samplingPath(text: string): Path {
  if (pathNames.includes(text as PathName)) return text as PathName;
  const points = text
    .trim()
    .split(/\s+/)
    .map((point) => point.split(',').map((number) => (number.trim() === '' ? Number.NaN : Number(number))));
  if (points.length < 2 || points.some((point) => point.length !== 2 || point.some(Number.isNaN))) {
    throw new InvalidArgumentError(`expected ${pathNames.join(', ')}, or points such as "1,1 0.5,1 0,0".`);
  }
  return points as unknown as Path;
}

/** The sampler's options. */
export function samplingOptions(flags: SamplingFlags, where: string) {
  const { steps, times, method, update, eta, variance, noiseStrength, adjust, path } = flags;
  for (const [name, value, modes] of [
    ['--adjust-alpha', flags.adjustAlpha, ['alpha', 'both']],
    ['--adjust-beta', flags.adjustBeta, ['beta', 'both']],
    ['--adjust-index', flags.adjustIndex, ['alpha', 'beta', 'both']],
  ] as const) {
    if (value !== undefined && !(modes as readonly string[]).includes(adjust ?? 'none')) {
      throw expected(where, `--adjust ${modes.join(' or ')} with ${name}`, adjust ?? 'none');
    }
  }
  const adjustment = { alpha: flags.adjustAlpha, beta: flags.adjustBeta, index: flags.adjustIndex };
  const options = {
    steps,
    times,
    method,
    update,
    eta,
    variance,
    noiseStrength,
    path,
    ...(adjust && { adjust: { mode: adjust, ...adjustment } }),
  };
  return options satisfies SampleOptions;
}

/** The help heading of options that only researchers change. */
const researchGroup = 'Sampling options for research (explained by rddm help sampling):';

/** The number of steps, which anyone may want to change. */
export const stepsOption = (): Option =>
  new Option('--steps <n>', "sampling steps (default: the model's)").argParser(wholeNumber(1));

/** The options of the reverse process for research, in a separate group. */
export function addResearchOptions(command: Command, ...more: readonly Option[]): Command {
  const number = (flags: string, what: string, parse: (text: string) => number): Option =>
    new Option(flags, what).argParser(parse);
  const options = [
    new Option('--times <how>', 'time indices of the steps: from T - 1, or like DDIM').choices(timeSpacings),
    new Option('--method <method>', 'predictions to use, of networks that predict both').choices(samplingMethods),
    new Option('--update <how>', 'next image by differences (Eq. 12), or mixed again').choices(updates),
    number('--eta <x>', 'share of fresh noise: 0 deterministic, 1 fully random', numberWithin(0, 1)),
    new Option('--variance <kind>', "variance that eta scales: the paper's, or DDPM's").choices(varianceKinds),
    number('--noise-strength <x>', 'final variance of the noise', numberWithin(0, 100)),
    new Option('--adjust <mode>', 'readjust coefficients: alpha to P(1-x, a), beta² to P(x, b)').choices(adjustModes),
    number('--adjust-alpha <a>', 'exponent of the new alpha (default: 1)', numberWithin(0, 100)),
    number('--adjust-beta <b>', 'exponent of the new beta² (default: 1)', numberWithin(0, 100)),
    new Option('--adjust-index <how>', 'index given to the network (default: matched)').choices(['matched', 'kept']),
    new Option('--path <path>', `${pathNames.join(', ')}, or points "alphaBar,betaBar"`).argParser(samplingPath),
    ...more,
  ];
  for (const option of options) command.addOption(option.helpGroup(researchGroup));
  return command;
}
