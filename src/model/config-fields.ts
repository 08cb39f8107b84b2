/**
 * The fields of `config.json`, one by one. Which of them contradict each other stands in config-impossible.ts.
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

/** One U-Net (six output channels where both terms are predicted), two, or one encoder with two decoders. */
export const networkForms = ['one', 'two', 'shared-encoder'] as const;
export type NetworkForm = (typeof networkForms)[number];

/** The paper's second decoder predicts residual + noise ("add noise"); its outputs are subtracted. */
export const secondDecoders = ['residual-plus-noise', 'noise'] as const;

const rangeSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, { error: 'expected the lower end first' });

export const quantizationSchema = z.strictObject({
  /** By layer: `unet0.downs.0.0.block1.proj`. */
  layers: z.record(z.string(), z.strictObject({ input: rangeSchema, output: rangeSchema })),
});

/** What 8-bit arithmetic needs to know: the least and greatest value that goes into and out of each convolution. */
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
  /** What the network sees besides I_t. */
  condition: z.enum(['none', 'input', 'input-and-mask']).default('input').describe('what the network sees besides I_t'),
  /** What is done to an input picture before it is I_in: `equalise` for low light (Table 4). */
  preprocess: z
    .enum(preprocessings)
    .default('none')
    .describe('what is done to input pictures first: nothing, or equalising the histogram of each channel'),
  /** How time is told: the index t, or ᾱ_t·T and β̄_t·T (section 5). */
  time: z
    .enum(['index', 'cumulative'])
    .default('index')
    .describe('time as the index t, or as alphaBar*T and betaBar*T'),
  unet: networkSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),
  sampling: samplingSchema.prefault({}),
  quantization: quantizationSchema.optional().describe('ranges of 8-bit convolutions, written by rddm quantize'),
  /** Where the weights come from; free text and numbers, written by training. */
  training: z.record(z.string(), z.unknown()).optional().describe('where the weights come from'),
});

/** Every field with its default, not yet checked against the others. */
export type ModelFields = z.infer<typeof modelFields>;
