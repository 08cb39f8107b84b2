/** The scores of pictures: of one, as lines of a table, and the mean of many. */
import type { Comparison } from '../../metrics/compare.ts';
import { baselines } from './baselines.ts';

/** What is known of one picture: LPIPS only where it was asked for. */
export type Scores = Comparison & { readonly lpips?: number };

/** What is scored against the reference, in the order in which tables list it. */
export const candidates = ['input', ...baselines, 'result'] as const;
/** One of `candidates`. */
export type Candidate = (typeof candidates)[number];

/** The scores of one picture, or the means of many. */
export type CandidateScores = Readonly<Partial<Record<Candidate, Scores>>>;

/** The scores of one picture with its name and size. */
export interface ImageScores {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scores: CandidateScores;
}

/** A line of a table: what one candidate of a picture scored. */
export interface ScoreRow {
  readonly name: string;
  readonly candidate: Candidate;
  readonly scores: Scores;
}

/** The lines of one picture, or of a mean. */
export const rowsOf = (name: string, scores: CandidateScores): ScoreRow[] =>
  candidates.flatMap((candidate) => {
    const one = scores[candidate];
    return one ? [{ name, candidate, scores: one }] : [];
  });

/** The mean of numbers, leaving NaN out (a mask's side that has no pixel); of none, NaN. */
function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The mean of every score over pictures: each picture counts the same, whatever its size. */
export function meanScores(images: readonly Pick<ImageScores, 'scores'>[]): CandidateScores {
  const meanOf = <T extends object>(all: readonly T[]): T =>
    Object.fromEntries(
      Object.keys(all[0]).map((key) => {
        const values = all.map((one) => one[key as keyof T]);
        return [key, typeof values[0] === 'number' ? mean(values as number[]) : meanOf(values as object[])];
      }),
    ) as T;
  const means: Partial<Record<Candidate, Scores>> = {};
  for (const candidate of candidates) {
    const all = images.flatMap(({ scores }) => scores[candidate] ?? []);
    if (all.length > 0) means[candidate] = meanOf(all);
  }
  return means;
}
