/**
 * A configuration for a run of another length than the one it was written for, as in a first short try of a preset.
 */
import type { TrainConfig } from './config.ts';

/**
 * Changes the number of steps. A warmup that no longer fits becomes shorter in the same proportion as the run; one that
 * fits is left as it is.
 *
 * @returns the configuration, and its warmups that changed, in words
 */
export function withSteps(config: TrainConfig, steps: number): { config: TrainConfig; changes: string[] } {
  const changes: string[] = [];
  const fitted = (name: 'optimiser' | 'average'): number => {
    const { warmup } = config[name];
    if (warmup < steps) return warmup;
    const shorter = Math.min(warmup, Math.floor((warmup * steps) / config.steps));
    if (shorter !== warmup) changes.push(`${name}.warmup is ${shorter} in place of ${warmup}`);
    return shorter;
  };
  const optimiser = { ...config.optimiser, warmup: fitted('optimiser') };
  const average = { ...config.average, warmup: fitted('average') };
  return { config: { ...config, steps, optimiser, average }, changes };
}
