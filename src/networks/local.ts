/** A small network whose output depends only on near pixels, as a kind of network; its graph is nn/local-network.ts. */
import { z } from 'zod';
import { feed } from '../graph/build.ts';
import { expected } from '../math/errors.ts';
import { localBlockDescriptions, localBlockKinds } from '../nn/local-blocks.ts';
import { FOLD, localNetwork, localSizeMultiple } from '../nn/local-network.ts';
import { timeEmbedding } from '../nn/time-embedding.ts';
import { fieldOfAnySize } from './field-of-any-size.ts';
import { type NetworkKind, PICTURE_VALUES, pictureChannels, type WeightReader } from './network-kind.ts';
import { convolutionShape, foreign } from './read-weights.ts';

const levels = z.array(z.int().min(0)).min(1).max(6);

const settings = z.strictObject({
  width: z.int().min(2).default(32).describe('channels of the first level; each further level has twice as many'),
  encoder: levels
    .default([2, 2])
    .describe('blocks of each level on the way down, from the first; one more level follows'),
  middle: z.int().min(1).default(4).describe('blocks of the last level'),
  decoder: levels.default([2, 2]).describe('blocks of each level on the way up, in the order in which they are passed'),
  blocks: z.enum(localBlockKinds).default('plain').describe(localBlockDescriptions),
  channels: pictureChannels,
});

const reader: WeightReader = {
  sign: 'intro.weight',
  unseen: [],
  read(weights, prefix, _isShared, where) {
    const has = (name: string): boolean => Object.hasOwn(weights, `${prefix}${name}`);
    /** How many of a list are there, one after the other. */
    const count = (nameOf: (number: number) => string): number => {
      let number = 0;
      while (has(nameOf(number))) number++;
      return number;
    };
    const blocksOf = (name: string): number => count((number) => `${name}.${number}.conv1.weight`);
    /** Channels before pixels were folded into them. */
    const unfolded = (channels: number, name: string): number => {
      if (channels % FOLD ** 2 === 0) return channels / FOLD ** 2;
      throw expected(where, `channels of ${prefix}${name} divisible by ${FOLD ** 2}`, String(channels), foreign);
    };
    const intro = convolutionShape(weights, `${prefix}intro.weight`, [3], where);
    const ending = convolutionShape(weights, `${prefix}ending.weight`, [3], where);
    const halvings = Array.from({ length: count((level) => `downs.${level}.weight`) }, (_, level) => level);
    return {
      settings: {
        width: intro.outputs,
        encoder: halvings.map((level) => blocksOf(`encoders.${level}`)),
        middle: blocksOf('middle_blks'),
        decoder: halvings.map((level) => blocksOf(`decoders.${level}`)),
        blocks: has('middle_blks.0.norm1.weight') ? 'gated' : 'plain',
      },
      inputs: unfolded(intro.inputs, 'intro.weight'),
      outputs: unfolded(ending.outputs, 'ending.weight'),
    };
  },
};

/** The first convolution sees the picture itself, behind the last one nothing evens out what was rounded. */
const keptExact = /(^|\.)(intro|ending)\./;

// Measured as the largest resident size of a process that restores 1200x800: 0.50 GB with width 16, 0.68 with 32 and 0.98
// with 64, of which 0.2 are the process.
/** Values a pixel that features take, for each channel of the first level: a quarter of its tensors, and less of the others'. */
const FEATURE_VALUES = 3;

/** The most pixels, in rows or columns, between an output pixel and one on which it depends. */
function reachOf(given: z.output<typeof settings>): number {
  const { rows, columns } = fieldOfAnySize(localSizeMultiple(given), (height, width, parameters) => {
    const x = feed('x', [1, given.channels, height, width]);
    const time = feed('time', [1, given.width]);
    return { outputs: [localNetwork(x, time, { ...given, outChannels: given.channels }, parameters)], images: [x] };
  });
  return Math.max(rows.before, rows.after, columns.before, columns.after);
}

export const local: NetworkKind<typeof settings> = {
  description: 'a small network that sees near pixels alone',
  settings,
  reader,
  refuse({ width, encoder, decoder }, refuse) {
    if (decoder.length !== encoder.length) {
      refuse(`expected ${encoder.length} levels, as encoder has, got ${decoder.length}`, ['decoder']);
    }
    if (width % 2 !== 0) refuse(`expected an even width (half sines, half cosines of time), got ${width}`, ['width']);
    if (width < 4)
      refuse(`expected a width of at least 4 (the time embedding divides by width/2 - 1), got ${width}`, ['width']);
  },
  network(given) {
    const { width, encoder, middle, decoder, blocks: kind, channels } = given;
    const blocks = `${encoder.join(' ')} down, ${middle} in the middle, ${decoder.join(' ')} up`;
    return {
      // Builds graphs, so only when somebody asks.
      get summary() {
        return `local, width ${width}, ${kind} blocks: ${blocks}, ${channels} channels, sees ${reachOf(given)} pixels around each`;
      },
      levels: encoder.length + 1,
      sizeMultiple: localSizeMultiple(given),
      timeWidth: width,
      valuesPerPixel: PICTURE_VALUES + FEATURE_VALUES * width,
      keptExact,
      embeddedTimes: (times) => timeEmbedding(times, width),
      build: ({ seen, time, outChannels, parameters }) =>
        localNetwork(seen, time, { ...given, outChannels }, parameters),
    };
  },
};
