/**
 * The schedule of a golden file: its own tables if it has them, else made from its name, such as
 * `decreasing-alpha-increasing-beta2`, "mean alpha, increasing beta2" or "DDIM scaled linear converted". Unknown names
 * are refused: another schedule in their place would look like a wrong sampler.
 */
import { fromDdim } from '../../src/diffusion/convert.ts';
import { type DdimKind, ddimAlphaBar } from '../../src/diffusion/ddim.ts';
import type { Course } from '../../src/diffusion/power-curve.ts';
import {
  createSchedule,
  type Schedule,
  type ScheduleOptions,
  scheduleFromTables,
} from '../../src/diffusion/schedule.ts';
import { expected } from '../../src/math/errors.ts';
import type { GoldenFile } from './golden-file.ts';

/** The schedule named by words, without T and noise strength. */
export type NamedSchedule = Pick<ScheduleOptions, 'alpha' | 'beta'> & { readonly kind: 'power' | DdimKind };

/** The words for the courses; the reference says decreased, increased and average. */
const courseNames: readonly (readonly [RegExp, Course])[] = [
  [/^(decreas|↓)/i, 'decreasing'],
  [/^(increas|↑)/i, 'increasing'],
  [/^(mean|average|constant|equal)/i, 'mean'],
];
const course = (word: string | undefined): Course | undefined =>
  courseNames.find(([pattern]) => word !== undefined && pattern.test(word))?.[1];

const someCourse = '(decreas\\w*|increas\\w*|mean|average|constant|equal|↓|↑)';

/** The courses of α and β², named before the symbols ("decreasing alpha") or after them ("alpha decreasing", "α↓"). */
function courses(words: string): [Course | undefined, Course | undefined] {
  const isBefore = words.search(new RegExp(someCourse, 'i')) < words.search(/alpha|α|beta|β/i);
  const find = (symbol: string): Course | undefined => {
    const pattern = isBefore ? `${someCourse}[ -]*${symbol}` : `${symbol}\\w*²?(?:[ :-]|is)*${someCourse}`;
    return course(new RegExp(pattern, 'i').exec(words)?.[1]);
  };
  return [find('(?:alpha|α)'), find('(?:beta|β)')];
}

/** The converted schedules; "linear" alone is DDIM's, as in the paper's Table 2. */
function ddimKind(words: string): DdimKind | undefined {
  const plain = words.replaceAll(/[_-]/g, ' ');
  if (/squared ?cos|cosine/i.test(plain)) return 'ddim-squared-cosine';
  if (/scaled ?linear/i.test(plain)) return 'ddim-scaled-linear';
  return /\blinear\b/i.test(plain) ? 'ddim-linear' : undefined;
}

/** @returns undefined if the words name no schedule of ours */
export function namedSchedule(words: string): NamedSchedule | undefined {
  const [alpha, beta] = courses(words);
  if (alpha && beta) return { kind: 'power', alpha, beta };
  if (alpha || beta) return undefined;
  const kind = ddimKind(words);
  if (kind) return { kind };
  return /^(power|default|rddm|reference)( |$)/i.test(words) ? { kind: 'power' } : undefined;
}

/** The names of the two cumulative tables, in sampling cases and in coefficients. */
const tableNames = [
  ['alpha_bar', 'beta_bar'],
  ['alphas_cumsum', 'betas_cumsum'],
] as const;

/** The schedule of a sampling or training case. T is 1000 unless the file says otherwise. */
export function scheduleOf(golden: GoldenFile): Schedule {
  const words = golden.optional('schedule');
  const tables = tableNames.find(([alphaBar]) => golden.has(alphaBar));
  if (tables) {
    const [alphaBar, betaBar] = tables.map(golden.numbers);
    const timesteps = golden.numberOr('timesteps', alphaBar.length);
    if (timesteps !== alphaBar.length) {
      throw expected(golden.name, `${tables[0]} of ${timesteps} timesteps`, `${alphaBar.length} entries`);
    }
    const noiseStrength = golden.optional('sum_scale') === undefined ? undefined : golden.number('sum_scale');
    return scheduleFromTables(alphaBar, betaBar, noiseStrength);
  }
  const timesteps = golden.numberOr('timesteps', 1000);
  const noiseStrength = golden.number('sum_scale');
  const named: NamedSchedule | undefined = words === undefined ? { kind: 'power' } : namedSchedule(words);
  if (!named) {
    const what =
      'tables alpha_bar and beta_bar, or the name of a schedule (courses of alpha and beta2, or DDIM linear,';
    throw expected(golden.name, `${what} scaled linear or squared cosine)`, `"${words}" without tables`);
  }
  if (named.kind === 'power') return createSchedule({ ...named, timesteps, noiseStrength });
  // A conversion keeps its own strength; the file's only scales the noise of the start.
  const { alphaBar, betaBar } = fromDdim(ddimAlphaBar(named.kind, timesteps));
  return scheduleFromTables(alphaBar, betaBar, noiseStrength);
}
