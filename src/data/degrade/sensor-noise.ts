/**
 * The noise of a camera's sensor in linear light: photons arrive one by one (shot noise, whose variance grows with the
 * light), and reading adds noise of its own.
 * Left out: correlation between neighbours and colours, fixed patterns, and the camera's own denoising.
 */
import type { Random } from '../../math/random.ts';
import { poisson } from './poisson.ts';

/** Standard deviations as shares of white. */
export interface SensorNoise {
  /** Shot noise of a white pixel: 1 / √photons. */
  readonly shot: number;
  /** Read noise of every pixel. */
  readonly read: number;
}

/** From this many photons, shot noise is visually indistinguishable from normal noise. */
const MANY_PHOTONS = 12;

/** Adds noise to light in place; values may leave 0 … 1. */
export function addSensorNoise(light: Float32Array, { shot, read }: SensorNoise, random: Random): void {
  if (shot === 0 && read === 0) return;
  const photon = shot * shot;
  for (let i = 0; i < light.length; i++) {
    const mean = light[i] / photon;
    if (mean < MANY_PHOTONS) {
      light[i] = poisson(random, mean, MANY_PHOTONS) * photon + (read === 0 ? 0 : read * random.normal());
    } else light[i] += Math.sqrt(light[i] * photon + read * read) * random.normal();
  }
}
