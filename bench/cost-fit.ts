/** Fits the costs of each kind of work to timings of both forms, and judges how well the costs choose. */
import { expected } from '../src/math/errors.ts';
import {
  type ConvolutionCosts,
  type ConvolutionForm,
  cheaperForm,
  convolutionCost,
  convolutionForms,
  convolutionWork,
} from '../src/onnx/convolution-cost.ts';
import type { CostCase } from './cost-grid.ts';

/** A case and the seconds of both forms. */
export interface Timing extends CostCase {
  readonly seconds: Readonly<Record<ConvolutionForm, number>>;
}

/**
 * The best of several passes over the same cases, for each form: other work on the machine comes in bursts of seconds,
 * and can only slow things down.
 *
 * @throws RddmError if the passes have different cases
 */
export function bestOf([first, ...others]: readonly (readonly Timing[])[]): Timing[] {
  const key = (timings: readonly Timing[]): string => JSON.stringify(timings.map(({ side, sizes }) => [side, sizes]));
  if (others.some((other) => key(other) !== key(first))) {
    throw expected('costs', 'timings of the same cases', 'others', 'measure them again');
  }
  const best = (i: number, form: ConvolutionForm): number =>
    Math.min(...[first, ...others].map((pass) => pass[i].seconds[form]));
  return first.map((timing, i) => ({
    ...timing,
    seconds: { direct: best(i, 'direct'), winograd: best(i, 'winograd') },
  }));
}

/** Sweeps end when no coefficient changes by more than this share; a few hundred sweeps do. */
const SETTLED = 1e-12;
const MOST_SWEEPS = 100_000;

/**
 * The coefficients from 0 that best fit `rows · coefficients = values` by the squares of the *relative* errors, so that
 * small convolutions count like large ones. Coordinate descent: each coefficient in turn takes its best value.
 */
export function fitRelative(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const relative = rows.map((row, i) => row.map((amount) => amount / values[i]));
  const columns = rows[0].map((_, k) => relative.map((row) => row[k]));
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const products = columns.map((a) => columns.map((b) => dot(a, b)));
  const targets = columns.map((column) => column.reduce((sum, value) => sum + value, 0));
  const coefficients = columns.map(() => 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let change = 0;
    for (let k = 0; k < columns.length; k++) {
      const own = products[k][k];
      if (own === 0) continue;
      const old = coefficients[k];
      coefficients[k] = Math.max(0, old + (targets[k] - dot(products[k], coefficients)) / own);
      change = Math.max(change, Math.abs(coefficients[k] - old) * Math.sqrt(own));
    }
    if (change < SETTLED) break;
  }
  return coefficients;
}

/** The costs of one form, in nanoseconds per unit. */
function fitForm<F extends ConvolutionForm>(timings: readonly Timing[], form: F): ConvolutionCosts[F] {
  const works = timings.map(({ side, sizes }) => Object.entries(convolutionWork(side, sizes)[form]));
  const coefficients = fitRelative(
    works.map((work) => work.map(([, amount]) => amount)),
    timings.map(({ seconds }) => seconds[form] * 1e9),
  );
  return Object.fromEntries(works[0].map(([kind], k) => [kind, coefficients[k]])) as ConvolutionCosts[F];
}

/** The costs that fit the timings best. */
export const fitCosts = (timings: readonly Timing[]): ConvolutionCosts => ({
  direct: fitForm(timings, 'direct'),
  winograd: fitForm(timings, 'winograd'),
});

/** A timing with its prediction. */
export interface Judged extends Timing {
  /** In seconds. */
  readonly predicted: Readonly<Record<ConvolutionForm, number>>;
  readonly chosen: ConvolutionForm;
  /** Seconds by which the chosen form is slower than the faster one. */
  readonly lost: number;
}

export function judge(costs: ConvolutionCosts, timings: readonly Timing[]): Judged[] {
  return timings.map((timing) => {
    const { side, sizes, seconds } = timing;
    const { direct, winograd } = convolutionCost(costs, side, sizes);
    const chosen = cheaperForm(costs, side, sizes);
    const fastest = Math.min(...convolutionForms.map((form) => seconds[form]));
    return {
      ...timing,
      predicted: { direct: direct / 1e9, winograd: winograd / 1e9 },
      chosen,
      lost: seconds[chosen] - fastest,
    };
  });
}

/** The time lost by a way of choosing, as a share of the time of always taking the faster form. */
export function regret(timings: readonly Timing[], choose: (timing: Timing) => ConvolutionForm): number {
  let chosen = 0;
  let fastest = 0;
  for (const timing of timings) {
    chosen += timing.seconds[choose(timing)];
    fastest += Math.min(timing.seconds.direct, timing.seconds.winograd);
  }
  return chosen / fastest - 1;
}
