/**
 * Adapts a configuration to a run of another length, for example a short first try of a preset.
 */
import type { TrainConfig } from './config.ts';

/**
 * Changes the number of steps. A warmup that no longer fits is shortened in proportion to the run; one that fits is
 * kept.
 *
 * @returns the configuration, and the changes to its warmups, in words
 */
export function withSteps(config: TrainConfig, steps: number): { config: TrainConfig; changes: string[] } {
  const changes: string[] = [];
  const fitted = (name: 'optimiser' | 'average'): number => {
    const { warmup } = config[name];
    if (warmup < steps) return warmup;
    const shorter = Math.min(warmup, Math.floor((warmup * steps) / config.steps));
    if (shorter !== warmup) changes.push(`${name}.warmup is ${shorter} instead of ${warmup}`);
    return shorter;
  };
  const optimiser = { ...config.optimiser, warmup: fitted('optimiser') };
  const average = { ...config.average, warmup: fitted('average') };
  return { config: { ...config, steps, optimiser, average }, changes };
}
