/**
 * Scores restored pictures against their ground truth, file by file: what `rddm evaluate` computes. Files belong
 * together by name without extension. Nothing is skipped silently: a picture without its pair is an error.
 */
import { parse } from 'node:path';
import { readImage } from '../adapters/node/pictures/images.ts';
import { picturesByName } from '../adapters/node/pictures/pictures-by-name.ts';
import { splitPictures } from '../adapters/node/pictures/split-pictures.ts';
import type { Image } from '../data/image.ts';
import { resizeImage } from '../data/resize.ts';
import { expected } from '../math/errors.ts';
import { type Comparison, compareImages } from '../metrics/compare.ts';
import type { LpipsMeter } from '../metrics/lpips.ts';
import { applyBaseline, type Baseline, baselines } from './evaluation-baselines.ts';
import { isFolder } from './paths.ts';

/** What is compared: folders, or one file each. */
export interface EvaluationPaths {
  readonly results: string;
  readonly references: string;
  /** Shadow (or other) regions. */
  readonly masks?: string;
  /** The degraded pictures that the results were made from. */
  readonly input?: string;
}

/** What is known of one picture: LPIPS only where it was asked for. */
export type Scores = Comparison & { readonly lpips?: number };

/** What the folders are in a data set: a known one may stand in place of each. */
const roles = { references: 'target', masks: 'mask', input: 'input' } as const;

/** The files of one picture. */
export type EvaluationFiles = EvaluationPaths & { readonly name: string };

/** What is scored against the reference, in the order in which tables list it. */
export const candidates = ['input', ...baselines, 'result'] as const;
export type Candidate = (typeof candidates)[number];

/** The scores of one picture. */
export interface ImageScores {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scores: Readonly<Partial<Record<Candidate, Scores>>>;
}

/** A line of a table: what one candidate of a picture scored. */
export interface ScoreRow {
  readonly name: string;
  readonly candidate: Candidate;
  readonly scores: Scores;
}

/** The lines of one picture, or of a mean. */
export const rowsOf = (name: string, scores: ImageScores['scores']): ScoreRow[] =>
  candidates.flatMap((candidate) => {
    const one = scores[candidate];
    return one ? [{ name, candidate, scores: one }] : [];
  });

/** What else to score, and `reference` resizes all else to the result's size. */
export interface EvaluationOptions {
  /** Also scored, made of the input. */
  readonly baseline?: readonly Baseline[];
  /** The mean luma that the baseline `gamma` aims at. */
  readonly brightness?: number;
  readonly resize?: 'reference';
}

/** `a, b, c and 4 more`. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/**
 * Finds what belongs together: where `results` is a folder, everything is one.
 *
 * @throws RddmError when a folder is missing or has no pictures, or a name has no pair
 */
export async function pairFiles(paths: EvaluationPaths): Promise<EvaluationFiles[]> {
  const { results, ...others } = paths;
  if (!(await isFolder(results))) return [{ ...paths, name: parse(results).name }];
  const resultFiles = await picturesByName(results);
  const found = await Promise.all(
    Object.entries(others).map(async ([role, path]) => ({
      role,
      path,
      files: await splitPictures(path, roles[role as keyof typeof roles]),
    })),
  );
  for (const { path, files } of found) {
    const missing = [...resultFiles.keys()].filter((name) => !files.has(name));
    const extra = [...files.keys()].filter((name) => !resultFiles.has(name));
    if (missing.length + extra.length === 0) continue;
    const wrong = [
      ...(missing.length > 0 ? [`none for ${some(missing)}`] : []),
      ...(extra.length > 0 ? [`${some(extra)} without a counterpart there`] : []),
    ];
    const what = `one image for each of the ${resultFiles.size} in ${results}, by name without extension`;
    throw expected(path, what, wrong.join(', and '), 'rename them or move the others away');
  }
  return [...resultFiles].map(([name, file]) => {
    const pairs = Object.fromEntries(found.map(({ role, files }) => [role, files.get(name)]));
    return { name, results: file, ...(pairs as Omit<EvaluationPaths, 'results'>) };
  });
}

/** Brings a picture to the result's size where that was asked for, and refuses another size where not. */
function fit(image: Image, result: Image, files: EvaluationFiles, role: string, options: EvaluationOptions): Image {
  if (image.width === result.width && image.height === result.height) return image;
  if (options.resize === 'reference') return resizeImage(image, result.width, result.height);
  const sizes = `${result.width}x${result.height} and ${image.width}x${image.height}`;
  throw expected(files.name, `result and ${role} of one size`, sizes, 'crop one, or add --resize reference');
}

/**
 * Scores one picture, and where given its untouched input and baselines made of it.
 *
 * @param lpips also measures LPIPS
 * @throws RddmError when a file cannot be read or sizes differ
 */
export async function scoreFiles(
  files: EvaluationFiles,
  options: EvaluationOptions = {},
  lpips?: LpipsMeter['distance'],
): Promise<ImageScores> {
  const result = await readImage(files.results);
  const read = async (path: string, role: string) => fit(await readImage(path), result, files, role, options);
  const reference = await read(files.references, 'reference');
  const mask = files.masks === undefined ? undefined : await read(files.masks, 'mask');
  const input = files.input === undefined ? undefined : await read(files.input, 'input');
  const { baseline = [], brightness = Number.NaN } = options;
  const images: Partial<Record<Candidate, Image>> = { ...(input && { input }), result };
  if (input) for (const name of baseline) images[name] = await applyBaseline(name, input, brightness);
  const scores: Partial<Record<Candidate, Scores>> = {};
  for (const candidate of candidates) {
    const image = images[candidate];
    if (!image) continue;
    const comparison = compareImages(image, reference, mask);
    scores[candidate] = { ...comparison, ...(lpips && { lpips: await lpips(image, reference) }) };
  }
  return { name: files.name, width: result.width, height: result.height, scores };
}

/** The mean of numbers, leaving NaN out (a mask's side that has no pixel); of none, NaN. */
function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The mean of every score over pictures: each picture counts the same, whatever its size. */
export function meanScores(images: readonly ImageScores[]): Partial<Record<Candidate, Scores>> {
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
