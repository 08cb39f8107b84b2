/**
 * Makes one measure of an experiment: a series of cells with their figures, and strips of pictures. Models and pictures
 * are reused from earlier runs.
 */
import type { Image } from '../../data/image.ts';
import { imageGrid } from '../../data/image-grid.ts';
import { createSchedule, type ScheduleOptions } from '../../diffusion/schedule.ts';
import { samplingTimes } from '../../diffusion/times.ts';
import { stepVariance } from '../../diffusion/variance.ts';
import { atPath, type Json, merged } from '../../experiment/canonical.ts';
import { type Experiment, labelOf, type Measure, type Setting } from '../../experiment/experiment.ts';
import { settingOf } from '../../experiment/plan.ts';
import type { Cell, Series } from '../../experiment/result.ts';
import { scorePictures } from '../../experiment/scores.ts';
import { slugOf } from '../../experiment/slug.ts';
import { expected } from '../../math/errors.ts';
import { readLog } from '../train/run-log.ts';
import { greenCells } from './green-cells.ts';
import {
  type HeldOptions,
  type HeldPictures,
  heldPictures,
  imagesOf,
  masksOf,
  trainingPictures,
} from './held-pictures.ts';
import { networkSize } from './network-size.ts';
import { type ExperimentMeans, modelName, resultsName } from './place.ts';
import { type SamplingProgress, sampledPictures } from './sampled-pictures.ts';
import { modelOf, type ReadyModel } from './trained-models.ts';

/** Pictures per strip. */
const SHOWN = 8;

/** What the measures of one experiment share. */
export interface Bench extends ExperimentMeans {
  readonly experiment: Experiment;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly models: ReadonlyMap<string, ReadyModel>;
  /** Pictures of the series so far, by series and cell. */
  readonly made: Map<string, readonly Image[][]>;
  /** Held-out pictures so far, by setting, number and preprocessing. */
  readonly held: Map<string, HeldPictures>;
  /** Training pictures so far, by setting. */
  readonly references: Map<string, readonly Image[]>;
}

async function referenceFor(bench: Bench, setting: Setting): Promise<readonly Image[]> {
  const found = bench.references.get(setting.title) ?? (await trainingPictures(setting, bench));
  bench.references.set(setting.title, found);
  return found;
}

async function heldFor(bench: Bench, setting: Setting, options: HeldOptions): Promise<HeldPictures> {
  const key = `${setting.title} ${options.count ?? ''} ${options.preprocess}`;
  const found = bench.held.get(key) ?? (await heldPictures(setting, bench, options));
  bench.held.set(key, found);
  return found;
}

const cleanOf = ({ batches }: HeldPictures): Image[] => batches.flatMap(({ clean }) => imagesOf(clean));
const inputsOf = ({ batches }: HeldPictures): Image[] => batches.flatMap(({ input }) => (input ? imagesOf(input) : []));

/** Writes the first pictures side by side; returns the file's name below the results. */
async function keepStrip(
  { experiment, place, host }: Bench,
  name: string,
  pictures: readonly Image[],
): Promise<string> {
  const strip = `${experiment.id}/${name}.png`;
  const png = await host.encode(imageGrid([pictures.slice(0, SHOWN)], 2), 'png');
  await place.store.write(`${resultsName}/${strip}`, png);
  return strip;
}

async function* sampleSeries(
  measure: Extract<Measure, { kind: 'sample' }>,
  bench: Bench,
): AsyncGenerator<SamplingProgress & { series: string }, Series> {
  const { series, sampling, noise, over, metrics, to } = measure;
  const model = bench.models.get(measure.model) as ReadyModel;
  const setting = settingOf(bench.settings, bench.experiment.models[measure.model].setting, series);
  const { task, preprocess } = modelOf(model).config;
  const held = await heldFor(bench, setting, { count: measure.pictures, preprocess });
  const variants: { at?: string | number; sampling: Json }[] = over
    ? over.values.map((value, index) => ({
        at: labelOf(value, over.labels?.[index]),
        sampling: merged(sampling, atPath(over.option, value)),
      }))
    : [{ sampling }];
  const cells: Cell[] = [];
  const all: Image[][] = [];
  for (const [index, { at, sampling: settings }] of variants.entries()) {
    const job = { model, setting, held, sampling: settings, noise };
    const sampled = sampledPictures(job, bench);
    let step = await sampled.next();
    for (; !step.done; step = await sampled.next()) yield { ...step.value, series };
    const pictures = step.value;
    all.push(pictures);
    bench.made.set(series, all);
    const others = to === undefined ? undefined : bench.made.get(to);
    const scored = {
      pictures,
      clean: task === 'generation' ? undefined : cleanOf(held),
      masks: metrics.includes('psnrOutside') || metrics.includes('distanceInside') ? masksOf(held) : undefined,
      other: others?.length === 1 ? others[0] : others?.[index],
      reference: metrics.includes('rfd') ? await referenceFor(bench, setting) : undefined,
    };
    const values = await scorePictures(metrics, scored, bench);
    const strip = await keepStrip(bench, slugOf(series, at), pictures);
    cells.push({ ...(at !== undefined && { at }), values, strip });
  }
  return { name: series, group: setting.title, ...(over && { over: over.option }), pictures: setting.pictures, cells };
}

async function inputSeries(measure: Extract<Measure, { kind: 'input' }>, bench: Bench): Promise<Series> {
  const setting = settingOf(bench.settings, measure.setting, measure.series);
  const held = await heldFor(bench, setting, { preprocess: measure.preprocess });
  const pictures = inputsOf(held);
  if (pictures.length === 0) throw expected(measure.series, 'a setting with inputs', measure.setting);
  const masks = measure.metrics.includes('psnrOutside') ? masksOf(held) : undefined;
  const values = await scorePictures(measure.metrics, { pictures, clean: cleanOf(held), masks }, bench);
  const strip = await keepStrip(bench, slugOf(measure.series), pictures);
  // Below the input is its ground truth, which has no score.
  const truth = await keepStrip(bench, slugOf(measure.series, 'ground truth'), cleanOf(held));
  const cells = [
    { values, strip },
    { at: 'ground truth', values: {}, strip: truth },
  ];
  return { name: measure.series, group: setting.title, pictures: setting.pictures, cells };
}

async function truthSeries(measure: Extract<Measure, { kind: 'truth' }>, bench: Bench): Promise<Series> {
  const setting = settingOf(bench.settings, measure.setting, measure.series);
  const pictures = cleanOf(await heldFor(bench, setting, { preprocess: 'none' }));
  const reference = measure.metrics.includes('rfd') ? await referenceFor(bench, setting) : undefined;
  const values = await scorePictures(measure.metrics, { pictures, reference }, bench);
  const strip = await keepStrip(bench, slugOf(measure.series), pictures);
  return { name: measure.series, group: setting.title, pictures: setting.pictures, cells: [{ values, strip }] };
}

async function logSeries(measure: Extract<Measure, { kind: 'log' }>, bench: Bench): Promise<Series> {
  const { key, trained } = bench.models.get(measure.model) as ReadyModel;
  const lines = await readLog(bench.place.runPlace(modelName(key)).store);
  const cells = lines
    .filter(({ values }) => measure.scalar in values)
    .map(({ step, values }) => ({ at: step, values: { logged: [Number(values[measure.scalar])] } }));
  if (cells.length === 0)
    throw expected(measure.series, `a log with "${measure.scalar}"`, `none in ${trained.setting}`);
  return { name: measure.series, group: measure.scalar, over: 'training step', pictures: 'none', cells };
}

async function greenSeries(measure: Extract<Measure, { kind: 'green' }>, bench: Bench): Promise<Series> {
  const model = bench.models.get(measure.model) as ReadyModel;
  const setting = settingOf(bench.settings, bench.experiment.models[measure.model].setting, measure.series);
  const { preprocess } = modelOf(model).config;
  const held = await heldFor(bench, setting, { count: measure.pictures, preprocess });
  const cells = await greenCells(modelOf(model), held, measure.at, bench.runtime, bench.signal);
  return { name: measure.series, group: 'Eq. 21', over: 'ᾱ, β̄', pictures: 'none', cells };
}

/** Σσ² of all steps but the last, η = 1 (Eq. 49 to 52). */
function varianceSeries(measure: Extract<Measure, { kind: 'variance' }>): Series {
  const schedule = createSchedule(measure.schedule as ScheduleOptions);
  const total = (steps: number): number => {
    const times = samplingTimes(schedule.timesteps, steps);
    return times
      .slice(1)
      .reduce((sum, next, at) => sum + stepVariance(schedule, times[at], next, 1, measure.variance), 0);
  };
  const cells = measure.over.values.map((value) => ({
    at: labelOf(value),
    values: { variance: [total(value as number)] },
  }));
  return { name: measure.series, group: 'fresh noise', over: measure.over.option, pictures: 'none', cells };
}

/** Makes one measure. */
export async function* measureSeries(
  measure: Measure,
  bench: Bench,
): AsyncGenerator<SamplingProgress & { series: string }, Series> {
  switch (measure.kind) {
    case 'sample':
      return yield* sampleSeries(measure, bench);
    case 'input':
      return inputSeries(measure, bench);
    case 'truth':
      return truthSeries(measure, bench);
    case 'log':
      return logSeries(measure, bench);
    case 'green':
      return greenSeries(measure, bench);
    case 'variance':
      return varianceSeries(measure);
    case 'count': {
      const values = await networkSize(measure, bench.runtime, bench.signal);
      const group = `networks at ${measure.side}x${measure.side}`;
      return { name: measure.series, group, pictures: 'none', cells: [{ values }] };
    }
  }
}
