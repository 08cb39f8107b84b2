/**
 * The result of an experiment: results/ID.json. Every figure is kept as the list of values that it averages, so that
 * differences between cells can be judged against their noise.
 */
import { z } from 'zod';
import { decodeJson } from '../math/json.ts';
import { validated } from '../math/validate.ts';

const figures = z.array(z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number));

const cellSchema = z.strictObject({
  at: z.union([z.string(), z.number()]).optional(),
  /** By metric: one figure per picture, or a single one. */
  values: z.record(z.string(), figures),
  /** A strip of the first pictures, beside the file. */
  strip: z.string().optional(),
  seconds: z.number().optional(),
});
/** One cell of a table, or one point of a curve. */
export type Cell = z.output<typeof cellSchema>;

const seriesSchema = z.strictObject({
  name: z.string(),
  /** Series of one group share a table. */
  group: z.string(),
  /** What its cells differ in; absent for a single cell. */
  over: z.string().optional(),
  /** Whether its pictures may be shown in public. */
  pictures: z.enum(['open', 'restricted', 'none']),
  cells: z.array(cellSchema),
});
/** A row of a table, or a curve. */
export type Series = z.output<typeof seriesSchema>;

export const outcomes = ['reproduced', 'not reproduced', 'not testable at this size'] as const;
export type Outcome = (typeof outcomes)[number];

const verdictSchema = z.strictObject({
  claim: z.string(),
  outcome: z.enum(outcomes),
  /** The deciding figures, one sentence each. */
  reasons: z.array(z.string()),
});
export type Verdict = z.output<typeof verdictSchema>;

const modelSchema = z.strictObject({
  key: z.string(),
  setting: z.string(),
  steps: z.int(),
  parameters: z.int(),
  /** Seconds of training. */
  seconds: z.number(),
  loss: z.number(),
  train: z.json(),
});
/** How a model of the experiment was trained. */
export type TrainedModel = z.output<typeof modelSchema>;

const machineSchema = z.strictObject({
  processor: z.string(),
  threads: z.int(),
  memory_gb: z.int(),
  system: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
});

/** The shape of results/ID.json. */
export const resultSchema = z.strictObject({
  format: z.literal('rddm-experiment'),
  version: z.literal(1),
  id: z.string(),
  date: z.string(),
  machine: machineSchema,
  data: z.record(z.string(), z.string()),
  models: z.record(z.string(), modelSchema),
  series: z.array(seriesSchema),
  findings: z.array(verdictSchema),
});
export type ExperimentResult = z.output<typeof resultSchema>;

/** JSON with the numbers that JSON lacks as words, and the others in seven digits, which is all that float32 has. */
const plain = (_: string, value: unknown): unknown =>
  typeof value !== 'number' ? value : Number.isFinite(value) ? Number(value.toPrecision(7)) : String(value);

/** The bytes of a result; the same for one that was read. */
export const encodeResult = (result: ExperimentResult): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(result, plain)}\n`);

/** Reads a result. @throws RddmError when it is none */
export const decodeResult = (bytes: Uint8Array, name: string): ExperimentResult =>
  validated(resultSchema, decodeJson(bytes, name), name);
