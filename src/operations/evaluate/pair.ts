/** Pairs the pictures to score by name. Nothing is skipped silently. */
import { expected } from '../../math/errors.ts';
import type { PictureSource } from '../picture.ts';
import type { EvaluationJob } from './evaluate.ts';

/** A set of pictures. */
export interface NamedPictures {
  /** The set's name, for messages. */
  readonly where: string;
  /** Each with a unique name. */
  readonly pictures: readonly PictureSource[];
}

/** The sets of an evaluation. */
export type EvaluationSets = Readonly<Record<'result' | 'reference', NamedPictures>> &
  Partial<Readonly<Record<'mask' | 'input', NamedPictures>>>;

/** `a, b, c and 4 more`. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/**
 * Pairs the pictures of sets by name, in the order of the results.
 *
 * @throws RddmError if a name is missing in a set, or exists only there
 *
 * @example
 * ```ts
 * import { pairPictures, pictureInMemory } from 'rddm';
 * import assert from 'node:assert/strict';
 * const grey = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(90, 90) };
 * const set = (where: string, ...names: string[]) => ({
 *   where,
 *   pictures: names.map((name) => pictureInMemory(name, grey)),
 * });
 * const jobs = pairPictures({ result: set('restored', 'a', 'b'), reference: set('clean', 'b', 'a') });
 * assert.deepEqual(jobs.map(({ reference }) => reference.name), ['a', 'b']);
 * assert.throws(() => pairPictures({ result: set('restored', 'a'), reference: set('clean', 'c') }), /none for a/);
 * ```
 */
export function pairPictures({ result, ...others }: EvaluationSets): EvaluationJob[] {
  const names = new Set(result.pictures.map(({ name }) => name));
  const found = Object.entries(others).map(([role, { where, pictures }]) => {
    const byName = new Map(pictures.map((picture) => [picture.name, picture]));
    const missing = [...names].filter((name) => !byName.has(name));
    const extra = [...byName.keys()].filter((name) => !names.has(name));
    if (missing.length + extra.length > 0) {
      const wrong = [
        ...(missing.length > 0 ? [`none for ${some(missing)}`] : []),
        ...(extra.length > 0 ? [`${some(extra)} without a counterpart there`] : []),
      ];
      const what = `one image for each of the ${names.size} in ${result.where}, by name without extension`;
      throw expected(where, what, wrong.join(', and '), 'rename them or move the others away');
    }
    return { role, byName };
  });
  return result.pictures.map((picture) => {
    const partners = Object.fromEntries(found.map(({ role, byName }) => [role, byName.get(picture.name)]));
    return { result: picture, ...(partners as Omit<EvaluationJob, 'result'>) };
  });
}
