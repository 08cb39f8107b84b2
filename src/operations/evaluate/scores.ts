/** The scores of pictures: of one picture, as lines of a table, and the mean of many. */
import type { Comparison } from '../../metrics/compare.ts';
import { baselines } from './baselines.ts';

/** The scores of one picture; LPIPS only if requested. */
export type Scores = Comparison & { readonly lpips?: number };

/** What is scored against the reference, in table order. */
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

/** A line of a table: the scores of one candidate of a picture. */
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

/** The mean of numbers without NaN (the side of a mask without pixels); NaN for none. */
function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The mean of every score over pictures; all pictures have equal weight, whatever their size. */
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
