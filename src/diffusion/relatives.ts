/**
 * Other diffusion models as choices of coefficients in the same mixture (appendix A.5): x = c₀ I_0 + c_in I_in + c_ε ε.
 * They share this forward mixture with RDDM, hence training pairs and Eq. 12; their samplers, networks and losses are
 * left out. With c₀ + c_in = 1 a model is a point of the plane, ᾱ = c_in and β̄ = c_ε; where I_in = 0 (DDPM, IDDPM,
 * DDIM), ᾱ = 1 − c₀. Where neither holds (Cold Diffusion between two images) a third coefficient scales the input:
 * I_0 + ᾱ (s I_in − I_0) with s = c_in / ᾱ.
 */
import { expected } from '../math/errors.ts';
import { ddimAlphaBar } from './ddim.ts';
import type { Point } from './point.ts';

/** The three coefficients of a state. */
export interface Mixture {
  /** c₀, of I_0. */
  readonly clean: number;
  /** c_in, of I_in. */
  readonly input: number;
  /** c_ε, of ε. */
  readonly noise: number;
}

/** The models of appendix A.5 whose mixtures the paper compares with its own. */
export const relativeNames = [
  'ddpm',
  'iddpm',
  'ddim',
  'cold-diffusion',
  'indi',
  'i2sb',
  'rectified-flow',
  'resshift',
  'ir-sde',
] as const;
/** One of `relativeNames`: a method that the paper writes in its own terms. */
export type RelativeName = (typeof relativeNames)[number];

/** Every state of a model, t = 1 … T; `strength` is the variance of the noise, if the model leaves it open. */
type Mixtures = (timesteps: number, strength: number) => Mixture[];

/** States from a formula of t/T. */
const over =
  (state: (x: number, strength: number) => Mixture): Mixtures =>
  (timesteps, strength) =>
    Array.from({ length: timesteps }, (_, time) => state((time + 1) / timesteps, strength));

/** √ᾱ I_0 + √(1 − ᾱ) of something else, from the cumulative product ᾱ. */
const preserving =
  (kind: 'ddim-linear' | 'ddim-squared-cosine', other: 'input' | 'noise'): Mixtures =>
  (timesteps) =>
    Array.from(ddimAlphaBar(kind, timesteps), (product) => ({
      clean: Math.sqrt(product),
      input: 0,
      noise: 0,
      [other]: Math.sqrt(1 - product),
    }));

/**
 * ResShift: x = x_0 + η (y − x_0) + κ √η ε, κ² the strength; √η grows from min(0.04 / κ, √0.001) to √0.999
 * geometrically in ((t − 1) / (T − 1))^0.3 (its Eq. 10 and settings).
 */
const resshift: Mixtures = (timesteps, strength) => {
  const kappa = Math.sqrt(strength);
  const [first, last] = [Math.min(0.04 / kappa, Math.sqrt(0.001)), Math.sqrt(0.999)];
  return Array.from({ length: timesteps }, (_, time) => {
    const power = timesteps === 1 ? 1 : (time / (timesteps - 1)) ** 0.3;
    const root = first * (last / first) ** power;
    return { clean: 1 - root ** 2, input: root ** 2, noise: kappa * root };
  });
};

/**
 * IR-SDE: x = μ + (x_0 − μ) e^−θ̄ + λ √(1 − e^−2θ̄) ε, λ² the strength. θ follows the cosine of its published code,
 * scaled so that 0.005 of the clean image is left at the end.
 */
const irSde: Mixtures = (timesteps, strength) => {
  const cosine = (x: number) => Math.cos(((x / (timesteps + 2) + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  const theta = Array.from({ length: timesteps }, (_, time) => 1 - cosine(time + 2) / cosine(0));
  const total = theta.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  return theta.map((one) => {
    sum += one;
    const clean = 0.005 ** (sum / total);
    return { clean, input: 1 - clean, noise: Math.sqrt(strength * (1 - clean ** 2)) };
  });
};

/**
 * I²SB: the bridge N(σ̄²/(σ² + σ̄²) X_0 + σ²/(σ² + σ̄²) X_1, σ² σ̄²/(σ² + σ̄²)) between two images (its Eq. 11), with
 * σ² the variance added until t and σ̄² the variance still to come. √β lies on the line from √1e-4 to √3e-4 over all
 * steps (of 1000); its published code takes the first half of them, and then that half mirrored. Its noise fades
 * towards the input, so it is not a schedule, which only adds noise.
 */
const bridge: Mixtures = (timesteps) => {
  const root = (step: number) => 0.01 + ((Math.sqrt(3e-4) - 0.01) * step) / Math.max(1, timesteps - 1);
  const speeds = Array.from(
    { length: timesteps },
    (_, time) => (root(Math.min(time, timesteps - 1 - time)) ** 2 * 1000) / timesteps,
  );
  const total = speeds.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  return speeds.map((one, time) => {
    sum = time === timesteps - 1 ? total : sum + one;
    return { clean: (total - sum) / total, input: sum / total, noise: Math.sqrt((sum * (total - sum)) / total) };
  });
};

const models: Readonly<Record<RelativeName, Mixtures>> = {
  ddpm: preserving('ddim-linear', 'noise'),
  iddpm: preserving('ddim-squared-cosine', 'noise'),
  ddim: preserving('ddim-linear', 'noise'),
  // Between images of two kinds ("animorphosis"), the only one of its degradations that is a mixture.
  'cold-diffusion': preserving('ddim-squared-cosine', 'input'),
  // (1 − t) x + t y + √t ε n with constant ε (its Eq. 8).
  indi: over((x, strength) => ({ clean: 1 - x, input: x, noise: Math.sqrt(x * strength) })),
  i2sb: bridge,
  // The straight line, without noise.
  'rectified-flow': over((x) => ({ clean: 1 - x, input: x, noise: 0 })),
  resshift,
  'ir-sde': irSde,
};

/**
 * The forward mixture of another model, t = 1 … T.
 *
 * @param timesteps T, from 1
 * @param strength variance of the noise, if the model leaves it open: ε² of InDI, κ² of ResShift, λ² of IR-SDE
 * @throws RddmError if the name is unknown or a number out of range
 *
 * @example
 * ```ts
 * import { mixturePoint, relativeMixtures } from 'rddm';
 * import assert from 'node:assert/strict';
 * const [half, end] = relativeMixtures('indi', 2, 0.04); // (1 - t) x + t y + 0.2 sqrt(t) n
 * assert.deepEqual([half.clean, half.input, end.noise], [0.5, 0.5, 0.2]);
 * assert.deepEqual(mixturePoint(end), { alphaBar: 1, betaBar: 0.2, inputScale: 1 });
 * ```
 */
export function relativeMixtures(name: RelativeName, timesteps: number, strength = 1): Mixture[] {
  const where = 'relativeMixtures';
  if (!relativeNames.includes(name)) throw expected(where, `one of ${relativeNames.join(', ')}`, name);
  if (!Number.isInteger(timesteps) || timesteps < 1) {
    throw expected(where, 'timesteps, an integer from 1', timesteps);
  }
  if (!(strength >= 0 && strength < Infinity)) throw expected(where, 'strength, a number from 0', strength);
  return models[name](timesteps, strength);
}

/**
 * The point of a mixture in the plane, and the scale of its input there: I_0 + ᾱ (s I_in − I_0) + β̄ ε. s is 1 for
 * models between input and target, 0 for those without input.
 *
 * @example
 * ```ts
 * import { mixturePoint } from 'rddm';
 * import assert from 'node:assert/strict';
 * // DDPM: 0.6 I_0 + 0.8 noise; Cold Diffusion: 0.6 I_0 + 0.8 of another image, twice its share of 0.4.
 * assert.deepEqual(mixturePoint({ clean: 0.6, input: 0, noise: 0.8 }), { alphaBar: 0.4, betaBar: 0.8, inputScale: 0 });
 * assert.equal(mixturePoint({ clean: 0.6, input: 0.8, noise: 0 }).inputScale, 2);
 * ```
 */
export function mixturePoint({ clean, input, noise }: Mixture): Point & { readonly inputScale: number } {
  const alphaBar = 1 - clean;
  return { alphaBar, betaBar: noise, inputScale: alphaBar === 0 ? 1 : input / alphaBar };
}
