/**
 * Where training pictures come from: pairs in folders, pairs in `.flist` files as the reference implementation uses,
 * clean photographs with a seeded degradation or with holes, two domains without pairs, or single pictures
 * (generation). Part of a training configuration; adapters open the files.
 *
 * In a folder's path, `*` stands for any one folder, and the name it matched becomes part of the name by which pictures
 * pair up: one path covers the blurred pictures of all scenes.
 */
import { z } from 'zod';
import { flipModes } from './crop.ts';
import { degradationSchema } from './degrade/degradation.ts';

const path = z.string().min(1, { error: 'expected a path, got ""' });

/** How training squares are cut; the same for every kind of source. */
const cutting = {
  exclude: z.array(z.string().min(1)).default([]).describe('file names to leave out, for example for validation'),
  crop: z.int().min(8).default(64).describe('side of the training squares, in pixels'),
  scale: z
    .tuple([z.number().positive().max(1), z.number().positive().max(1)])
    .default([1, 1])
    .describe('range of the factor by which photographs are shrunk before cropping; 1 keeps their size'),
  flips: z
    .enum(flipModes)
    .default('horizontal')
    .describe('random flips: none, left-right, or all eight symmetries of the square'),
  candidates: z.int().min(1).default(1).describe('random squares of which the one with the most texture is taken'),
};

const ending = z.string().default('');
/** `{"input": "_rain", "target": "_clean"}` pairs 7_rain.png with 7_clean.png. */
const endingsSchema = z.strictObject({ input: ending, target: ending, mask: ending });

/** The shape of a training configuration's `data`; each field documents itself. */
export const datasetConfigSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('folders'),
      input: path.describe('folder of degraded pictures'),
      target: path.describe('folder of clean pictures of the same file names; the extension may differ'),
      mask: path.optional().describe('folder of masks of the same file names: black 0, white 1'),
      endings: endingsSchema.optional().describe('what file names end with besides their common part'),
      ...cutting,
    }),
    z.strictObject({
      kind: z.literal('flist'),
      input: path.describe(
        'text file with one path of a degraded picture per line; relative paths start at its folder',
      ),
      target: path.describe('text file of the clean pictures, in the same order'),
      mask: path.optional().describe('text file of the masks, in the same order'),
      ...cutting,
    }),
    z.strictObject({
      kind: z.literal('degraded'),
      clean: path.describe('folder of clean photographs'),
      degradation: degradationSchema.describe('what makes the input from a clean square'),
      ...cutting,
    }),
    z.strictObject({
      kind: z.literal('masked'),
      clean: path.describe('folder of whole pictures'),
      masks: path.describe('folder of masks, white in the hole; each square gets any of them'),
      ...cutting,
    }),
    z.strictObject({
      kind: z.literal('unpaired'),
      input: path.describe('folder of pictures of one domain; each target gets any of them'),
      target: path.describe('folder of pictures of the other domain, the ones to make'),
      ...cutting,
    }),
    z.strictObject({
      kind: z.literal('images'),
      folder: path.describe('folder of pictures to learn to generate'),
      ...cutting,
    }),
  ])
  .superRefine((config, context) => {
    const refuse = (message: string, at: string) => context.addIssue({ code: 'custom', message, path: [at] });
    const [least, most] = config.scale;
    if (least > most) refuse(`expected the least factor first, got [${least}, ${most}]`, 'scale');
    if (config.kind === 'folders' || config.kind === 'flist' || config.kind === 'unpaired') {
      const { input, target } = config;
      if (input === target) {
        refuse(
          `expected clean pictures other than the input, got "${target}" for both: there would be nothing to learn`,
          'target',
        );
      }
    }
    if (config.kind === 'folders' || config.kind === 'flist') {
      const { input, target, mask } = config;
      if (mask === input || mask === target) {
        refuse(`expected masks other than input and target, got "${mask}" for both`, 'mask');
      }
    }
  });

/** A complete, validated source of training pictures. */
export type DatasetConfig = z.output<typeof datasetConfigSchema>;
/** The same as people write it, before defaults. */
export type DatasetConfigInput = z.input<typeof datasetConfigSchema>;

/** The members of a data source, and of a validation, that are paths. */
const pathKeys = new Set(['clean', 'input', 'target', 'mask', 'masks', 'folder']);

/** Applies `f` to every path of a data source, or of a validation. */
export function mapPaths<T extends object>(data: T, f: (path: string) => string): T {
  const entries = Object.entries(data).map(([key, value]) => [
    key,
    // A mask may be left out as `undefined`.
    pathKeys.has(key) && typeof value === 'string' ? f(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
