/**
 * Squares that grow in the course of a run: the first stages see many small ones, which costs little, and the last ones
 * the large context of whole photographs. This is the progressive learning of Restormer (Zamir et al. 2022, section 3.3).
 * A stage only has other sizes; weights, moments, rates and average go on.
 */
import { z } from 'zod';
import type { Refuse } from '../math/validate.ts';

const stageSchema = z.strictObject({
  from: z.number().gt(0).lt(1).describe('share of the steps after which it begins'),
  crop: z.int().min(8).describe('side of its squares, in pixels'),
  batch: z.int().min(1).describe('its pictures per program run'),
});

/** The shape of a training configuration's `growth`. */
export const growthSchema = z.array(stageSchema).min(1);

/** Steps of one size. */
export interface Stage {
  /** The steps before it. */
  readonly after: number;
  readonly crop: number;
  readonly batch: number;
}

/** What the stages depend on. */
interface Growing {
  readonly data: { readonly crop: number };
  readonly batch: number;
  readonly steps: number;
  readonly growth?: z.output<typeof growthSchema> | undefined;
}

/** The stages as configured. */
const configured = ({ data, batch, steps, growth = [] }: Growing): Stage[] => [
  { after: 0, crop: data.crop, batch },
  ...growth.map((stage) => ({ after: Math.round(stage.from * steps), crop: stage.crop, batch: stage.batch })),
];

/** The stages of a run, in order; those that have no step, in a run that was shortened, are left out. */
export const stagesOf = (config: Growing): Stage[] =>
  configured(config).filter(({ after }, index, all) => after < (all[index + 1]?.after ?? config.steps));

/**
 * The stage of a step, and its last step.
 *
 * @param step 1 at the first
 */
export function stageAt(config: Growing, step: number): Stage & { readonly until: number } {
  const stages = stagesOf(config);
  const index = stages.findLastIndex(({ after }) => after < step);
  return { ...stages[index], until: stages[index + 1]?.after ?? config.steps };
}

/** Refuses stages that do not follow each other, or do not fit the network. */
export function refuseGrowth(config: Growing, sizeMultiple: number, refuse: Refuse): void {
  const stages = configured(config);
  stages.slice(1).forEach(({ after, crop }, index) => {
    if (crop % sizeMultiple !== 0) {
      refuse(`expected a crop divisible by ${sizeMultiple}, as the network needs, got ${crop}`, [
        String(index),
        'crop',
      ]);
    }
    if (after <= stages[index].after || after >= config.steps) {
      const what = `expected stages one after another, each with a step of the ${config.steps}`;
      refuse(`${what}, got one after step ${after}`, [String(index), 'from']);
    }
  });
}
