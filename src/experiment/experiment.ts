/**
 * The two kinds of data file in experiments/: a *setting* (what models are trained and scored on, shared by
 * experiments) and an *experiment* (one table or figure of the paper: models, measures, the paper's figures, and its
 * findings as tests that a machine can make). An adapter runs them; finding.ts judges.
 */
import { z } from 'zod';
import { preprocessings } from '../data/preprocess.ts';
import type { Json } from './canonical.ts';
import { metricKinds, pictureMetrics, relativeMetrics, setMetrics } from './metric.ts';

const word = z.string().min(1);
const slug = z.string().regex(/^[a-z0-9-]+$/, { error: 'expected small letters, digits and hyphens' });
/** Checked by the schema of what it is applied to. */
const change = z.record(z.string(), z.json()).default({});
const minutes = z
  .number()
  .positive()
  .describe(
    'expected, with its models trained from scratch, on one or two cores: such small networks gain little from the second',
  );
const trainingName = slug.describe("one of the setting's trainings");
const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): [K, ...K[]] =>
  Object.keys(table) as [K, ...K[]];

/** A setting: data and training that several experiments share. Paths are relative to the folder of data sets. */
export const settingSchema = z
  .strictObject({
    title: word.describe('its title in tables'),
    data: word.describe('which pictures, from where, and how many, in a sentence'),
    pictures: z.enum(['open', 'restricted']).describe('whether pictures may be shown in public'),
    train: z.record(z.string(), z.json()).describe('a training configuration, with relative paths'),
    trainings: z
      .record(slug, z.record(z.string(), z.json()))
      .default({})
      .describe('other ways to train, by name: the changes that each makes to `train`'),
    withhold: z.int().min(0).default(0).describe('pictures at the end of the folder that training never sees'),
    reference: z.int().min(0).default(0).describe('training pictures that sets of pictures are compared with'),
    held: z
      .strictObject({
        data: z
          .record(z.string(), z.json())
          .optional()
          .describe('the pictures to score on; by default the withheld ones'),
        pictures: z.int().min(1).describe('how many'),
        batch: z.int().min(1).default(20).describe('pictures per run of the network'),
        seed: z.int().default(7).describe('seed of squares, degradations and noise, the same for every model'),
      })
      .describe('what models are scored on'),
  })
  .refine(({ withhold, held }) => withhold > 0 || held.data !== undefined, {
    error: 'expected "withhold" or "held.data", so that models are scored on unseen pictures, got neither',
  });
export type Setting = z.output<typeof settingSchema>;

const over = z
  .strictObject({
    option: word.describe('a sampling setting by its dotted path'),
    values: z.array(z.json()).min(2),
    labels: z.array(word).optional(),
  })
  .describe('one cell per value');

const measureSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sample').describe('pictures of a model, from the same held-out pictures for all'),
    series: word,
    model: word,
    sampling: change.describe("changes to the model's own sampling settings"),
    pictures: z.int().min(1).optional().describe("if not the setting's number"),
    noise: z.int().min(0).default(0).describe('series of the same number get the same noise'),
    over: over.optional(),
    metrics: z.array(z.enum([...keysOf(pictureMetrics), ...keysOf(relativeMetrics), ...keysOf(setMetrics)])).min(1),
    to: word.optional().describe('the series whose pictures `agreement` and `distanceInside` compare with'),
  }),
  z.strictObject({
    kind: z.literal('input').describe('the degraded pictures'),
    series: word,
    setting: slug,
    preprocess: z.enum(preprocessings).default('none').describe('unchanged, or preprocessed as some models require'),
    metrics: z.array(z.enum(keysOf(pictureMetrics))).min(1),
  }),
  z.strictObject({
    kind: z.literal('truth').describe('the held-out pictures themselves, which generated ones should resemble'),
    series: word,
    setting: slug,
    metrics: z.array(z.enum(['spread', 'colourSpread', 'sharpness', 'rfd'])).min(1),
  }),
  z.strictObject({
    kind: z
      .literal('count')
      .describe("a network's size and, if `time` gives a number of steps to run, its time per step"),
    series: word,
    network: change.describe('a model configuration'),
    side: z.int().min(8).describe('pixels a side'),
    time: z.int().min(0).default(0),
  }),
  z.strictObject({
    kind: z.literal('log').describe("a scalar of a model's training log"),
    series: word,
    model: word,
    scalar: word,
  }),
  z.strictObject({
    kind: z.literal('green').describe('both sides of Eq. 21 at points of the plane'),
    series: word,
    model: word,
    pictures: z.int().min(1),
    at: z
      .array(z.tuple([z.number().positive().lt(1), z.number().positive().lt(1)]))
      .min(1)
      .describe('[ᾱ, β̄] of each'),
  }),
  z.strictObject({
    kind: z.literal('variance').describe('how much fresh noise all steps add in total, η = 1'),
    series: word,
    variance: z.enum(['sum-constrained', 'ddpm']),
    schedule: change,
    over,
  }),
]);
export type Measure = z.output<typeof measureSchema>;

const cellReference = z.strictObject({
  series: word,
  at: z.union([z.string(), z.number()]).optional().describe('which cell of a series over values'),
  metric: z.enum(keysOf(metricKinds)),
});
export type CellReference = z.output<typeof cellReference>;

const testSchema = z.strictObject({
  left: cellReference,
  is: z.enum(['above', 'below', 'near']),
  right: z.union([cellReference, z.number()]),
  by: z.number().min(0).default(0).describe('`above` and `below` by at least this; `near` within this'),
});
export type FindingTest = z.output<typeof testSchema>;

const findingSchema = z.strictObject({
  claim: word.describe("the paper's finding, in a sentence"),
  paper: word.describe("the paper's figures for it"),
  tests: z.array(testSchema).min(1),
  again: z.array(slug).default([]).describe('variations that looked into it, if it did not show'),
  note: word.optional().describe('the outcome, or why this size cannot show it'),
});
export type Finding = z.output<typeof findingSchema>;

const variationSchema = z.strictObject({
  title: word.describe('what changes, as it follows "again with" in a sentence'),
  minutes,
  training: trainingName.optional(),
  change: change.describe("changes to every model's training configuration"),
  pictures: z.int().min(1).optional().describe('in every cell, if it changes'),
});

const paperTable = z.strictObject({
  caption: word.describe('which table, measured on which data'),
  columns: z.array(z.union([z.string(), z.number()])).min(2),
  rows: z.array(z.array(z.union([z.string(), z.number()]))).min(1),
});

const fields = z.strictObject({
  id: slug,
  title: word,
  source: word.describe('table or figure of the paper'),
  minutes,
  about: word.describe('what is done, in a few sentences'),
  models: z
    .record(
      z.string(),
      z.strictObject({
        setting: slug,
        training: trainingName.optional(),
        change,
        again: change.describe('the change of a variation, applied last'),
      }),
    )
    .default({})
    .describe('training configurations: a setting, and the differences from it'),
  measures: z.array(measureSchema).min(1),
  paper: z.array(paperTable).min(1),
  findings: z.array(findingSchema).min(1),
  variations: z
    .record(slug, variationSchema)
    .default({})
    .describe('repetitions with other settings, for the findings that name them; see variation.ts'),
});

/** An experiment whose internal references by name all exist. */
export const experimentSchema = fields.superRefine(({ models, measures, findings, variations }, context) => {
  const refuse = (message: string, path: (string | number)[]) => context.addIssue({ code: 'custom', message, path });
  const named = new Map(measures.map((measure) => [measure.series, measure]));
  if (named.size < measures.length) refuse('expected every series once, got two of one name', ['measures']);
  for (const [index, measure] of measures.entries()) {
    const at = ['measures', index];
    if ('model' in measure && !(measure.model in models)) {
      refuse(`expected one of the models ${Object.keys(models).join(', ')}, got "${measure.model}"`, [...at, 'model']);
    }
    if (measure.kind === 'variance' && measure.over.option !== 'steps') {
      refuse(`expected sums of variances over "steps", got "${measure.over.option}"`, [...at, 'over', 'option']);
    }
    if (measure.kind !== 'sample') continue;
    const compared = (['agreement', 'distanceInside'] as const).find((metric) => measure.metrics.includes(metric));
    if (compared) {
      const other = measures.slice(0, index).find(({ series }) => series === measure.to);
      const overOther = other?.kind === 'sample' ? other.over : undefined;
      if (other?.kind !== 'sample') {
        refuse(`expected an earlier series of pictures for "${compared}", got ${measure.to ?? 'none'}`, [...at, 'to']);
      } else if (overOther && JSON.stringify(overOther.values) !== JSON.stringify(measure.over?.values)) {
        refuse(`expected a series of one cell, or over the same values, for "${compared}", got "${measure.to}"`, [
          ...at,
          'to',
        ]);
      }
    }
    const { labels, values = [] } = measure.over ?? {};
    if (labels && labels.length !== values.length) {
      refuse(`expected ${values.length} labels, one a value, got ${labels.length}`, [...at, 'over', 'labels']);
    }
  }
  for (const name of Object.keys(variations)) {
    if (findings.some(({ again }) => again.includes(name))) continue;
    refuse('expected a finding that names it in "again", got none', ['variations', name]);
  }
  for (const [index, { tests, again }] of findings.entries()) {
    if (new Set(again).size < again.length) refuse('expected every variation once', ['findings', index, 'again']);
    for (const name of again) {
      if (name in variations) continue;
      refuse(`expected one of the variations, got "${name}"`, ['findings', index, 'again']);
    }
    for (const { left, right } of tests) {
      for (const reference of [left, right]) {
        if (typeof reference === 'number' || named.has(reference.series)) continue;
        refuse(`expected one of the series, got "${reference.series}"`, ['findings', index, 'tests']);
      }
    }
  }
});
export type Experiment = z.output<typeof experimentSchema>;

/** The name of a value in `over`, which addresses cells and heads tables. */
export const labelOf = (value: Json, label?: string): string | number =>
  label ?? (typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value));
