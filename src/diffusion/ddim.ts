/**
 * The usual DDPM and DDIM schedules as their cumulative product ᾱ_DDIM, float64, before the conversion of Eq. 17: β
 * linear from 1e-4 to 0.02, √β linear between the same ends, and the squared cosine with β capped at 0.999. The ends
 * are those of T = 1000 and do not change with T, as in the published schedulers.
 */

/** The DDIM schedules that can be converted. */
export const ddimKinds = ['ddim-linear', 'ddim-scaled-linear', 'ddim-squared-cosine'] as const;
export type DdimKind = (typeof ddimKinds)[number];

export const isDdim = (kind: string): kind is DdimKind => ddimKinds.includes(kind as DdimKind);

const FIRST_BETA = 1e-4;
const LAST_BETA = 0.02;
const LARGEST_BETA = 0.999;

/** The squared cosine before capping, at x = t/T in 0 … 1. */
const squaredCosine = (x: number): number => Math.cos(((x + 0.008) / 1.008) * (Math.PI / 2)) ** 2;

/** ᾱ_DDIM of T steps, decreasing from just below 1. */
export function ddimAlphaBar(kind: DdimKind, timesteps: number): Float64Array {
  const between = (first: number, last: number, time: number) =>
    timesteps === 1 ? first : first + ((last - first) * time) / (timesteps - 1);
  const beta = {
    'ddim-linear': (time: number) => between(FIRST_BETA, LAST_BETA, time),
    'ddim-scaled-linear': (time: number) => between(Math.sqrt(FIRST_BETA), Math.sqrt(LAST_BETA), time) ** 2,
    'ddim-squared-cosine': (time: number) =>
      Math.min(1 - squaredCosine((time + 1) / timesteps) / squaredCosine(time / timesteps), LARGEST_BETA),
  }[kind];
  const alphaBar = new Float64Array(timesteps);
  let product = 1;
  for (let time = 0; time < timesteps; time++) {
    product *= 1 - beta(time);
    alphaBar[time] = product;
  }
  return alphaBar;
}
