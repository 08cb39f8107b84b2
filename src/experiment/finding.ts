/**
 * Judges whether a finding of the paper shows in our figures. A difference counts if it is larger than its noise: twice
 * the standard error of the mean over the pictures, pairwise if both cells scored the same ones. That error leaves out
 * what training with another seed would change; the report says so.
 */
import type { CellReference, Finding, FindingTest } from './experiment.ts';
import { metricKinds } from './metric.ts';
import type { Cell, ExperimentResult, Outcome, Series, Verdict } from './result.ts';

/** The mean of figures; NaN for none. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Twice the standard error of the mean; 0 for a single figure. */
export function noiseOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return 2 * Math.sqrt(squares / (values.length - 1) / values.length);
}

/** The cell that a finding names; by default the only one, or the last of a series over values. */
function cellOf(series: readonly Series[], { series: name, at }: CellReference): Cell | undefined {
  const { cells = [], over } = series.find((one) => one.name === name) ?? {};
  if (at !== undefined) return cells.find((cell) => cell.at === at);
  return over === undefined ? cells[0] : cells.at(-1);
}

const nameOf = ({ series, at }: CellReference): string => (at === undefined ? series : `${series} at ${at}`);

type Tested = { readonly holds: boolean | undefined; readonly reason: string };

function tested(series: readonly Series[], { left, is, right, by }: FindingTest): Tested {
  const { title, unit, digits } = metricKinds[left.metric];
  const shown = (value: number): string => `${value.toFixed(digits)}${unit && ` ${unit}`}`;
  const ours = cellOf(series, left)?.values[left.metric];
  const theirs = typeof right === 'number' ? [right] : cellOf(series, right)?.values[right.metric];
  if (!ours?.length) return { holds: undefined, reason: `${nameOf(left)}: ${title} was not measured` };
  if (!theirs?.length) {
    const name = typeof right === 'number' ? String(right) : nameOf(right);
    return { holds: undefined, reason: `${name}: ${title} was not measured` };
  }
  const difference = meanOf(ours) - meanOf(theirs);
  // NaN pictures are a failure of the model, not of the experiment's size.
  if (Number.isNaN(difference)) return { holds: false, reason: `${nameOf(left)}: ${title} is not a number` };
  const isPaired = typeof right !== 'number' && ours.length === theirs.length;
  const noise = isPaired
    ? noiseOf(ours.map((value, at) => value - theirs[at]))
    : Math.hypot(noiseOf(ours), noiseOf(theirs));
  const distance = is === 'near' ? by - Math.abs(difference) : (is === 'above' ? difference : -difference) - by;
  const holds = distance > noise ? true : distance < -noise ? false : undefined;
  const other = typeof right === 'number' ? shown(right) : `${shown(meanOf(theirs))} of ${nameOf(right)}`;
  const wanted = is === 'near' ? `within ${shown(by)}` : is;
  const margin = is !== 'near' && by > 0 ? ` by ${shown(by)}` : '';
  const verb = holds === undefined ? 'within noise of being' : holds ? 'is' : 'is not';
  const figures = `${title} ${shown(meanOf(ours))} against ${other}, difference ${shown(difference)} ± ${shown(noise)}`;
  return { holds, reason: `${nameOf(left)} ${verb} ${wanted}${margin}: ${figures}` };
}

/** Judges a finding: all its tests hold, one fails, or the noise leaves it open. */
export function judge(finding: Finding, series: readonly Series[]): Verdict {
  const all = finding.tests.map((test) => tested(series, test));
  const outcome: Outcome = all.some(({ holds }) => holds === false)
    ? 'not reproduced'
    : all.every(({ holds }) => holds)
      ? 'reproduced'
      : 'not testable at this size';
  return { claim: finding.claim, outcome, reasons: all.map(({ reason }) => reason) };
}

/** The conclusion about a finding once its variations have run; it may show in only some trainings. */
export const conclusions = [
  'reproduced',
  'reproduced in some trainings',
  'not reproduced',
  'not testable at this size',
] as const satisfies (Outcome | 'reproduced in some trainings')[];

/** A finding judged by everything that was trained for it. */
export interface Conclusion {
  readonly conclusion: (typeof conclusions)[number];
  /** The number of trainings it was judged by, including the experiment's own, and how many of them showed it. */
  readonly trainings: number;
  readonly shown: number;
}

/**
 * Judges a finding by the experiment's own series and, if it does not show there, by those of its variations. A finding
 * that the noise leaves open and a variation contradicts is not reproduced.
 *
 * @param again results of variations, by name; those that the finding does not name are ignored
 */
export function conclude(
  finding: Finding,
  series: readonly Series[],
  again: ReadonlyMap<string, Pick<ExperimentResult, 'series'>> = new Map(),
): Conclusion {
  const others = finding.again.flatMap((name) => again.get(name) ?? []);
  const [own, ...varied] = [{ series }, ...others].map((one) => judge(finding, one.series).outcome);
  const shown = [own, ...varied].filter((outcome) => outcome === 'reproduced').length;
  const counts = { trainings: 1 + varied.length, shown };
  if (own === 'reproduced') return { conclusion: own, ...counts };
  if (shown > 0) return { conclusion: 'reproduced in some trainings', ...counts };
  return { conclusion: varied.includes('not reproduced') ? 'not reproduced' : own, ...counts };
}
