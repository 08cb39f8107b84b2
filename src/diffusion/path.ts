/**
 * Paths of the reverse process through the plane of residual and noise (section 5.2, Fig. 6d, 17). A schedule removes
 * both together. These paths remove the residual first and then the noise, the reverse, or follow any polyline. How
 * residual and noise are found at a point is decided elsewhere.
 */
import { expected } from '../math/errors.ts';
import { shown } from '../math/show.ts';
import { cleanPoint, type Point } from './point.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';
import { samplingTimes } from './times.ts';

/**
 * `together`: along the schedule. `residual-first`: I(T) → I(0) + β̄_T ε → I(0), where semantics move first.
 * `noise-first`: I(T) → I_in → I(0), where diversity is lost first.
 */
export const pathNames = ['together', 'residual-first', 'noise-first'] as const;
/** One of `pathNames`. */
export type PathName = (typeof pathNames)[number];

/** A path's name, or all its states as [ᾱ, β̄], from the start to [0, 0]. */
export type Path = PathName | readonly (readonly [alphaBar: number, betaBar: number])[];

const isPathName = (path: Path): path is PathName => (pathNames as readonly unknown[]).includes(path);

/** Splits `steps` in two halves; the first gets the odd step. */
const halves = (steps: number): [number, number] => [Math.ceil(steps / 2), Math.floor(steps / 2)];

/**
 * The states of a special path: `steps + 1` points from the start to the clean image; each step removes the difference
 * between two. Each half of a named path follows the schedule's own curve at the times that the sampler would visit in
 * half the steps, so that twice the steps remove each term in the portions of `together`. Given points are the states
 * themselves.
 *
 * @param steps of the whole path: at least 2 for a named one; for a list, the number of its points less one
 * @throws RddmError if a list does not lead from ᾱ = 1 (or the schedule's ᾱ_T) to [0, 0], a coordinate increases along
 *   it, or the steps do not fit
 *
 * @example
 * ```ts
 * import { createSchedule, pathPoints } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 4, alpha: 'mean', beta: 'mean', noiseStrength: 0.5 });
 * const states = pathPoints('residual-first', schedule, 4).map(({ alphaBar, betaBar }) => [alphaBar, betaBar ** 2]);
 * const strength = states[0][1];
 * assert.deepEqual(states.map(([alphaBar]) => alphaBar), [1, 0.5, 0, 0, 0]);
 * assert.deepEqual(states.map(([, variance]) => variance / strength > 0.9), [true, true, true, false, false]);
 * assert.deepEqual(pathPoints([[1, 1], [0.3, 0.5], [0, 0]], schedule, 2)[1], { alphaBar: 0.3, betaBar: 0.5 });
 * ```
 */
export function pathPoints(path: Path, schedule: Schedule, steps: number): Point[] {
  const where = 'pathPoints';
  if (Array.isArray(path)) return listedPoints(path, schedule, steps, where);
  if (!isPathName(path)) {
    throw expected(where, `a path, ${pathNames.join(', ')} or a list of points [alphaBar, betaBar]`, path, {
      field: 'path',
    });
  }
  const along = (count: number) => samplingTimes(schedule.timesteps, count).map((time) => cumulativeAt(schedule, time));
  if (path === 'together') return along(steps);
  if (!(steps >= 2))
    throw expected(where, `at least 2 steps for the path ${path}, which turns a corner`, steps, {
      field: 'steps',
    });
  const [first, second] = halves(steps).map(along);
  const [start] = first;
  return path === 'residual-first'
    ? [
        ...first.map(({ alphaBar }) => ({ alphaBar, betaBar: start.betaBar })),
        ...second.slice(1).map(({ betaBar }) => ({ alphaBar: 0, betaBar })),
      ]
    : [
        ...first.map(({ betaBar }) => ({ alphaBar: start.alphaBar, betaBar })),
        ...second.slice(1).map(({ alphaBar }) => ({ alphaBar, betaBar: 0 })),
      ];
}

function listedPoints(path: Exclude<Path, PathName>, schedule: Schedule, steps: number, where: string): Point[] {
  if (path.length < 2) throw expected(where, 'a path of at least 2 points', path.length, { field: 'path' });
  if (steps !== path.length - 1) {
    throw expected(where, `${path.length - 1} steps on a path of ${path.length} points`, steps, {
      field: 'steps',
    });
  }
  const points = path.map((point: unknown) => {
    if (!Array.isArray(point)) throw expected(where, 'points [alphaBar, betaBar]', point);
    return { alphaBar: point[0], betaBar: point[1] };
  });
  let previous: Point = { alphaBar: 1, betaBar: Infinity };
  for (const [index, point] of points.entries()) {
    const falls = point.alphaBar <= previous.alphaBar && point.betaBar <= previous.betaBar;
    if (!(falls && point.alphaBar >= 0 && point.betaBar >= 0 && point.betaBar < Infinity)) {
      const what = 'points [alphaBar, betaBar] from alphaBar 1 down to [0, 0], with neither number increasing';
      throw expected(where, what, `${shown(path[index])} at ${index}`, { field: 'path' });
    }
    previous = point;
  }
  const last = schedule.alphaBar[schedule.timesteps - 1];
  if (points[0].alphaBar !== 1 && points[0].alphaBar !== last) {
    const what = `a path that starts at alphaBar ${last === 1 ? '1' : `1 or ${last}`}, the input with noise`;
    throw expected(where, what, points[0].alphaBar, { field: 'path' });
  }
  if (previous.alphaBar !== 0 || previous.betaBar !== 0) {
    throw expected(where, 'a path that ends at [0, 0], the clean image', path[path.length - 1], {
      field: 'path',
    });
  }
  return [...points.slice(0, -1), cleanPoint];
}
