/**
 * The fields of `config.json`, one by one. config-impossible.ts has their contradictions.
 */
import { z } from 'zod';
import { preprocessings } from '../data/preprocess.ts';
import { objectives } from '../diffusion/objective.ts';
import { networkSchema } from '../networks/registry.ts';
import { samplingSchema } from './config-sampling.ts';
import { scheduleSchema } from './config-schedule.ts';

/** The paper's tasks (Table 4), and `restoration` for any other paired problem. */
export const tasks = [
  'restoration',
  'deraining',
  'shadow-removal',
  'low-light',
  'deblurring',
  'inpainting',
  'translation',
  'generation',
] as const;
export type Task = (typeof tasks)[number];

/** One U-Net (six output channels if it predicts both terms), two, or one encoder with two decoders. */
export const networkForms = ['one', 'two', 'shared-encoder'] as const;
export type NetworkForm = (typeof networkForms)[number];

/** The paper's second decoder predicts residual + noise ("add noise"); its outputs are subtracted. */
export const secondDecoders = ['residual-plus-noise', 'noise'] as const;

const rangeSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, { error: 'expected the lower end first' });

/** The schema of `Quantization`. */
export const quantizationSchema = z.strictObject({
  /** By layer: `unet0.downs.0.0.block1.proj`. */
  layers: z.record(z.string(), z.strictObject({ input: rangeSchema, output: rangeSchema })),
});

/** The data of 8-bit arithmetic: the least and greatest value that enters and leaves each convolution. */
export type Quantization = z.infer<typeof quantizationSchema>;

/** The fields of `config.json`; each documents itself. */
export const modelFields = z.strictObject({
  format: z.literal('rddm-model').default('rddm-model'),
  version: z.literal(1).default(1),
  task: z.enum(tasks).default('restoration').describe('the task, as in Table 4 of the paper'),
  objective: z.enum(objectives).default('residual').describe('what the network predicts'),
  networks: z.enum(networkForms).default('one').describe('one U-Net, two, or one encoder with two decoders'),
  secondDecoder: z
    .enum(secondDecoders)
    .default('residual-plus-noise')
    .describe('what the second decoder of a shared encoder predicts'),
  /** The network's inputs besides I_t. */
  condition: z.enum(['none', 'input', 'input-and-mask']).default('input').describe('what the network sees besides I_t'),
  /** What is done to an input picture before it becomes I_in: `equalise` for low light (Table 4). */
  preprocess: z
    .enum(preprocessings)
    .default('none')
    .describe('preprocessing of input pictures: none, or equalising the histogram of each channel'),
  /** The time input: the index t, or ᾱ_t·T and β̄_t·T (section 5). */
  time: z
    .enum(['index', 'cumulative'])
    .default('index')
    .describe('the time input: the index t, or alphaBar*T and betaBar*T'),
  unet: networkSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),
  sampling: samplingSchema.prefault({}),
  quantization: quantizationSchema.optional().describe('ranges of 8-bit convolutions, written by rddm quantize'),
  /** The origin of the weights: free text and numbers, written by training. */
  training: z.record(z.string(), z.unknown()).optional().describe('the origin of the weights'),
});

/** Every field with its default, before contradictions are checked. */
export type ModelFields = z.infer<typeof modelFields>;
