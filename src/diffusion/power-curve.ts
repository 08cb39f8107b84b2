/**
 * The power curves P(x, a) of the paper (Eq. 18) in discrete form: T shares that sum to 1, ∝ x^a. `increasing` is P(x,
 * a), `decreasing` is P(1 − x, a), and a = 0 is `mean` either way. A curve chooses one of the reference's two discrete
 * forms: `counted` takes x = 1/T, 2/T … 1, so that a = 1 is ∝ 1 … T (its restoration code); `linspace` takes T points
 * from x = 0 to 1, both ends included (its path-independence code), so that one share is 0 and the cumulative curve is
 * flat at that end.
 */
import { expected } from '../math/errors.ts';

/** How a share changes over time, with a = 1; `mean` is a = 0. */
export const courses = ['decreasing', 'increasing', 'mean'] as const;
/** One of `courses`. */
export type Course = (typeof courses)[number];

/** Where the discrete curve samples x. */
export const curveForms = ['counted', 'linspace'] as const;
export type CurveForm = (typeof curveForms)[number];

/** A complete curve. */
export interface CurveShape {
  readonly course: 'decreasing' | 'increasing';
  /** a, a real number from 0. */
  readonly exponent: number;
  /** By default `counted`. */
  readonly form?: CurveForm | undefined;
}

/** A curve as people write it: a word, the exponent a in the paper's direction, or the full form. */
export type Curve = Course | number | CurveShape;

/** The direction of a bare exponent: α ~ P(1 − x, a), β² ~ P(x, b), as in Algorithm 1. */
export const ownCourse = { alpha: 'decreasing', beta: 'increasing' } as const;

/** A curve's shares and their running sum; the last sum is exactly 1. */
export interface PowerCurve {
  readonly increments: Float64Array;
  readonly cumulative: Float64Array;
}

/**
 * The complete curve for any of its three spellings.
 *
 * @throws RddmError if it is none of them
 */
export function curveShape(curve: Curve, which: 'alpha' | 'beta', where: string): Required<CurveShape> {
  const own = ownCourse[which];
  const shape: CurveShape =
    typeof curve === 'number'
      ? { course: own, exponent: curve }
      : typeof curve === 'object' && curve !== null
        ? curve
        : { course: curve === 'mean' ? own : curve, exponent: curve === 'mean' ? 0 : 1 };
  const { course, exponent, form = 'counted' } = shape;
  if (course !== 'decreasing' && course !== 'increasing') {
    const what = `${which}, one of ${courses.join(', ')}, an exponent from 0, or { course, exponent, form }`;
    throw expected(where, what, typeof curve === 'string' ? curve : course);
  }
  // With a huge exponent x^a is 0 everywhere but at its end, which is no curve.
  if (!(exponent >= 0 && exponent <= 100)) throw expected(where, `an exponent of ${which} from 0 to 100`, exponent);
  if (!curveForms.includes(form)) throw expected(where, `a form of ${which}, ${curveForms.join(' or ')}`, form);
  return { course, exponent, form };
}

/** A curve as text: its word, if it has one. */
export function showCurve(curve: Curve): string {
  if (typeof curve === 'string') return curve;
  if (typeof curve === 'number') return `exponent ${curve}`;
  const { course, exponent, form = 'counted' } = curve;
  return `${course} with exponent ${exponent}${form === 'counted' ? '' : ` (${form})`}`;
}

/**
 * The T shares of a curve (Eq. 18) and their running sum. For `counted` with exponent 0 or 1 the sums are exact
 * integers, divided once.
 */
export function powerCurve({ course, exponent, form }: Required<CurveShape>, timesteps: number): PowerCurve {
  // With one step linspace has only x = 0, and no share.
  const isCounted = form === 'counted' || timesteps === 1;
  // Integers are exact as long as their sum fits in float64.
  const unit = timesteps ** (exponent + 1) < Infinity ? 1 : timesteps;
  const weights = Float64Array.from({ length: timesteps }, (_, time) =>
    isCounted ? ((time + 1) / unit) ** exponent : (time / (timesteps - 1)) ** exponent,
  );
  if (course === 'decreasing') weights.reverse();
  // Summed in the order of the running sum, so that it ends at exactly 1.
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return {
    increments: weights.map((weight) => weight / total),
    cumulative: weights.map((weight) => {
      sum += weight;
      return sum / total;
    }),
  };
}
