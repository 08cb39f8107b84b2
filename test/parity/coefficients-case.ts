/**
 * `coefficients*`: every table in the file, named `<schedule>/<table>`, such as
 * `decreasing-alpha-increasing-beta2/betas_cumsum` or `ddim-scaled_linear/alpha_bar`. A schedule or table without a
 * counterpart here is listed as not covered.
 */
import { ddimAlphaBar, isDdim } from '../../src/diffusion/ddim.ts';
import { createSchedule, type ScheduleOptions } from '../../src/diffusion/schedule.ts';
import { posteriorOf } from '../../src/diffusion/variance.ts';
import { type Check, type NotCovered, worst } from './check.ts';
import type { GoldenFile } from './golden-file.ts';
import { namedSchedule } from './schedule-words.ts';

/** All tables of a schedule, under the names used in files. */
function tablesOf(options: ScheduleOptions & { readonly timesteps: number }): Record<string, Float64Array | undefined> {
  const { alpha, alphaBar, betaSquared, betaBar } = createSchedule(options);
  const posterior = posteriorOf(createSchedule(options));
  const { kind = 'power', timesteps } = options;
  return {
    alphas: alpha,
    alphas_cumsum: alphaBar,
    one_minus_alphas_cumsum: alphaBar.map((value) => 1 - value),
    betas: betaSquared.map(Math.sqrt),
    betas2: betaSquared,
    betas2_cumsum: betaBar.map((value) => value ** 2),
    betas_cumsum: betaBar,
    posterior_mean_coef1: posterior.noisy,
    posterior_mean_coef2: posterior.residual,
    posterior_mean_coef3: posterior.clean,
    posterior_variance: posterior.variance,
    alpha_bar: alphaBar,
    beta_bar: betaBar,
    ...(isDdim(kind) && { ddim_alpha_bar: ddimAlphaBar(kind, timesteps) }),
  };
}

/**
 * A schedule's own setting wins; the general ones apply to power schedules, since a converted one has its own strength.
 */
function noiseStrengthOf(golden: GoldenFile, prefix: string, firstPower: string | undefined): number {
  const general = prefix.startsWith('ddim-') ? 1 : golden.numberOr('sum_scale', 1);
  const ofTable = prefix === firstPower ? golden.numberOr('sum_scale of the first table', general) : general;
  return golden.numberOr(`sum_scale of ${prefix}`, ofTable);
}

export async function coefficientsCase(golden: GoldenFile): Promise<(Check | NotCovered)[]> {
  const timesteps = golden.number('timesteps');
  const prefixOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
  const prefixes = [...new Set(golden.tensors.map(prefixOf))];
  const firstPower = prefixes.find((prefix) => namedSchedule(prefix)?.kind === 'power');
  const known = new Map(
    prefixes.map((prefix) => {
      const schedule = namedSchedule(prefix);
      const noiseStrength = noiseStrengthOf(golden, prefix, firstPower);
      return [prefix, schedule && tablesOf({ ...schedule, timesteps, noiseStrength })];
    }),
  );
  return golden.tensors.map((name): Check | NotCovered => {
    const prefix = prefixOf(name);
    const tables = known.get(prefix);
    const table = name.slice(prefix.length + 1);
    const ours = tables && Object.hasOwn(tables, table) ? tables[table] : undefined;
    const theirs = golden.numbers(name);
    if (!ours) return { quantity: name, verdict: 'not covered' };
    if (theirs.length !== ours.length) {
      const quantity = `${name}: ${theirs.length} entries for ${ours.length} timesteps`;
      return { quantity, error: Number.POSITIVE_INFINITY, limit: 1e-6 };
    }
    const error = worst(Array.from(theirs, (value, i) => Math.abs(ours[i] - value)));
    return { quantity: name, error, limit: 1e-6 };
  });
}
