/**
 * Draws streaks of rain: anti-aliased oriented segments with a Gaussian cross-section and soft ends, into one plane of
 * opacity. Only geometry; rain.ts adds colour and depth.
 */
import type { Plane } from './plane.ts';

/** One streak; lengths in pixels. */
export interface Streak {
  readonly x: number;
  readonly y: number;
  /** Length from end to end, including the soft ends. */
  readonly length: number;
  /** Standard deviation of the cross-section. */
  readonly sigma: number;
  /** Radians from the vertical; positive falls to the right. */
  readonly angle: number;
  /** Opacity at its middle, 0 … 1. */
  readonly opacity: number;
}

/** Pixels sample a thinner Gaussian badly; thinner streaks are drawn fainter instead. */
const THINNEST_SIGMA = 0.42;
/** The cross-section is cut off at this many sigmas. */
const REACH = 2.6;
const PROFILE_STEPS = 512;

/** exp(−d²/2) over d²/REACH², lowered so that it ends at exactly 0. */
const profile: Float32Array = Float32Array.from({ length: PROFILE_STEPS + 1 }, (_, step) => {
  const edge = Math.exp(-(REACH ** 2) / 2);
  return (Math.exp(-((step / PROFILE_STEPS) * REACH ** 2) / 2) - edge) / (1 - edge);
});

/**
 * Draws one streak into the plane: opacities combine as 1 − (1 − a)(1 − b), so crossings never saturate. Parts outside
 * the plane are cut off. Angles up to 75° from the vertical; the work grows with the streak's own area.
 */
export function drawStreak(plane: Plane, streak: Streak): void {
  const { width, height, data } = plane;
  const sigma = Math.max(streak.sigma, THINNEST_SIGMA);
  const opacity = streak.opacity * Math.min(1, streak.sigma / sigma);
  const sine = Math.sin(streak.angle);
  const cosine = Math.cos(streak.angle);
  const half = streak.length / 2;
  const reach = REACH * sigma;
  const top = Math.max(0, Math.ceil(streak.y - half * cosine - reach * Math.abs(sine)));
  const bottom = Math.min(height - 1, Math.floor(streak.y + half * cosine + reach * Math.abs(sine)));
  const span = reach / cosine;
  const profileScale = PROFILE_STEPS / (reach * reach);
  for (let row = top; row <= bottom; row++) {
    const dy = row - streak.y;
    const centre = streak.x + (dy * sine) / cosine;
    const first = Math.max(0, Math.ceil(centre - span));
    const last = Math.min(width - 1, Math.floor(centre + span));
    for (let column = first; column <= last; column++) {
      const dx = column - streak.x;
      const across = dx * cosine - dy * sine;
      const along = (dx * sine + dy * cosine) / half;
      const end = 1 - along * along * along * along;
      if (end <= 0) continue;
      // (1 − u⁴)² along the streak: even along most of the drop's path, without hard ends.
      const value = opacity * profile[(across * across * profileScale) | 0] * end * end;
      const at = row * width + column;
      data[at] += value * (1 - data[at]);
    }
  }
}
