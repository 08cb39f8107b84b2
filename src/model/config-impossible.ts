/**
 * The settings of a model that contradict each other. Its schema checks each field by itself; here are the combinations
 * that cannot work, each refused with a sentence that says what would.
 */
import type { z } from 'zod';
import { ownCourse, showCurve } from '../diffusion/power-curve.ts';
import { refusalOf } from '../math/errors.ts';
import type { Refuse } from '../math/validate.ts';
import { kindName, networkOf, refuseImpossibleNetwork } from '../networks/registry.ts';
import type { ModelFields } from './config-fields.ts';
import { reverseWay } from './reverse-way.ts';

/** Adds one issue for each contradiction. */
export function refuseImpossible(config: ModelFields, context: z.RefinementCtx): void {
  const refuse: Refuse = (message, path) => context.addIssue({ code: 'custom', message, path });
  const { objective, networks, secondDecoder, unet, condition, task, sampling, schedule, time, preprocess } = config;
  if (networks !== 'one' && objective !== 'residual-noise') {
    refuse(`expected objective "residual-noise" with networks "${networks}", got "${objective}"`, ['objective']);
  }
  // Written configurations hold every default, so a meaningless field is refused only if its value is not the default.
  if (networks !== 'shared-encoder' && secondDecoder !== 'residual-plus-noise') {
    const what = `expected networks "shared-encoder" with secondDecoder "${secondDecoder}"`;
    refuse(`${what}, since others have one decoder, got "${networks}"`, ['secondDecoder']);
  }
  for (const curve of ['alpha', 'beta'] as const) {
    if (schedule.kind !== 'power' && schedule[curve] !== ownCourse[curve]) {
      const what = `expected schedule kind "power" with ${curve} "${showCurve(schedule[curve])}"`;
      refuse(`${what}, since other schedules have their own curves, got "${schedule.kind}"`, ['schedule', curve]);
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
  refuseImpossibleNetwork(unet, (message, path) => refuse(message, ['unet', ...path]));
  if (networks === 'shared-encoder' && !networkOf(unet).buildSharedEncoder) {
    const what = `expected networks "one" or "two" with a unet of kind "${kindName(unet)}"`;
    refuse(`${what}, got "shared-encoder"`, ['networks']);
  }
  if (task === 'generation' && condition !== 'none') {
    refuse(`expected condition "none" for generation, which has no input, got "${condition}"`, ['condition']);
  }
  if (task === 'generation' && preprocess !== 'none') {
    refuse(`expected preprocess "none" for generation, which has no input, got "${preprocess}"`, ['preprocess']);
  }
  if (time === 'cumulative' && networks !== 'two') {
    refuse(`expected networks "two" with time "cumulative", which gives each network its own time, got "${networks}"`, [
      'networks',
    ]);
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
  if (sampling.composite === 'known' && task !== 'inpainting') {
    refuse(`expected sampling.composite "none" for ${task}, which has no known pixels, got "known"`, [
      'sampling',
      'composite',
    ]);
  }
  // The way is only checked if the model is valid so far.
  if (context.issues.length > 0) return;
  const refusal = refusalOf(() => reverseWay(config, sampling));
  if (refusal) refuse(refusal, ['sampling']);
}
