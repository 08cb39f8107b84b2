/**
 * Counts of independent events: raindrops in an area, photons in a pixel.
 */
import type { Random } from '../../math/random.ts';

/**
 * A count with the given mean.
 *
 * @param exactBelow from this mean the normal distribution is used instead, which is then close and faster to draw
 */
export function poisson(random: Random, mean: number, exactBelow = 50): number {
  if (mean > exactBelow) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  const least = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > least || count < 0; count++) product *= random.uniform();
  return count;
}
