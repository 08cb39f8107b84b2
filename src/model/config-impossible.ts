/**
 * Which settings of a model contradict each other. Each field alone is checked by its schema; here stand the
 * combinations that cannot work, each refused with a sentence that says what would.
 */
import type { z } from 'zod';
import { ownCourse, showCurve } from '../diffusion/power-curve.ts';
import type { ModelFields } from './config-fields.ts';
import { refuseImpossibleUnet } from './config-impossible-unet.ts';

/** Adds one issue for each contradiction. */
export function refuseImpossible(config: ModelFields, context: z.RefinementCtx): void {
  const refuse = (message: string, path: string[]) => context.addIssue({ code: 'custom', message, path });
  const { objective, networks, secondDecoder, unet, condition, task, sampling, schedule, time } = config;
  if (networks !== 'one' && objective !== 'residual-noise') {
    refuse(`expected objective "residual-noise" with networks "${networks}", got "${objective}"`, ['objective']);
  }
  // Written configurations hold every default, so of what has no meaning only another value can be refused.
  if (networks !== 'shared-encoder' && secondDecoder !== 'residual-plus-noise') {
    const what = `expected networks "shared-encoder" with secondDecoder "${secondDecoder}"`;
    refuse(`${what}, since others have one decoder, got "${networks}"`, ['secondDecoder']);
  }
  for (const curve of ['alpha', 'beta'] as const) {
    if (schedule.kind !== 'power' && schedule[curve] !== ownCourse[curve]) {
      const what = `expected schedule kind "power" with ${curve} "${showCurve(schedule[curve])}"`;
      refuse(`${what}, since other schedules bring their own curves, got "${schedule.kind}"`, ['schedule', curve]);
    }
  }
  if (schedule.kind === 'rectified-flow' && schedule.noiseStrength !== 0) {
    const what = 'expected noiseStrength 0 with schedule kind "rectified-flow", a straight line without noise';
    refuse(`${what}, got ${schedule.noiseStrength}`, ['schedule', 'noiseStrength']);
  }
  if (schedule.kind === 'rectified-flow' && sampling.noiseStrength) {
    refuse(`expected no noise in sampling with schedule kind "rectified-flow", got ${sampling.noiseStrength}`, [
      'sampling',
      'noiseStrength',
    ]);
  }
  refuseImpossibleUnet(unet, refuse);
  if (unet.kind === 'diffusers' && networks === 'shared-encoder') {
    refuse('expected networks "one" or "two" with a unet of kind "diffusers", got "shared-encoder"', ['networks']);
  }
  if (task === 'generation' && condition !== 'none') {
    refuse(`expected condition "none" for generation, which has no input, got "${condition}"`, ['condition']);
  }
  if (time === 'cumulative' && networks !== 'two') {
    refuse(
      `expected networks "two" with time "cumulative", where each network is told its own time, got "${networks}"`,
      ['networks'],
    );
  }
  if (schedule.noiseStrength === 0 && objective !== 'residual' && objective !== 'clean') {
    refuse(`expected objective "residual" or "clean" without noise (noiseStrength 0), got "${objective}"`, [
      'objective',
    ]);
  }
  if (schedule.noiseStrength === 0 && task === 'generation') {
    refuse('expected a noiseStrength above 0 for generation, which starts from noise, got 0', [
      'schedule',
      'noiseStrength',
    ]);
  }
  if (sampling.noiseStrength === 0 && objective === 'noise') {
    refuse('expected a noiseStrength above 0 for objective "noise", which finds the picture through the noise, got 0', [
      'sampling',
      'noiseStrength',
    ]);
  }
  refuseSampling(config, refuse);
  if (sampling.steps > schedule.timesteps) {
    refuse(`expected at most ${schedule.timesteps} sampling steps, one a timestep, got ${sampling.steps}`, [
      'sampling',
      'steps',
    ]);
  }
}

/** The same of the reverse process: its variance and its path. */
function refuseSampling(
  { objective, sampling, schedule }: ModelFields,
  refuse: (message: string, path: string[]) => void,
) {
  const { variance, path, steps, times, adjust } = sampling;
  const strength = sampling.noiseStrength ?? schedule.noiseStrength;
  if (variance === 'ddpm' && strength > 1) {
    const what = 'expected a noiseStrength of at most 1 with sampling variance "ddpm"';
    refuse(`${what}, which keeps the variance of an image at 1, got ${strength}`, ['sampling', 'variance']);
  }
  if (path === 'together') return;
  if (times !== 'linspace') {
    refuse(`expected times "linspace" with a path of its own, which has no times, got "${times}"`, [
      'sampling',
      'times',
    ]);
  }
  if (typeof path !== 'string' && steps !== path.length - 1) {
    const what = `expected ${path.length - 1} sampling steps on a path of ${path.length} points`;
    refuse(`${what}, got ${steps}`, ['sampling', 'steps']);
  }
  if (typeof path === 'string' && steps < 2) {
    refuse(`expected at least 2 sampling steps for path "${path}", which turns a corner, got ${steps}`, [
      'sampling',
      'steps',
    ]);
  }
  if (path === 'noise-first' && objective === 'noise') {
    const what = 'expected objective "residual" or "residual-noise" with path "noise-first"';
    refuse(`${what}: without noise in the image, noise tells no residual, got "noise"`, ['sampling', 'path']);
  }
  if (adjust?.index === 'kept') {
    refuse('expected adjust.index "matched" on a path beside the schedule, where no index is to be kept, got "kept"', [
      'sampling',
      'adjust',
    ]);
  }
}
