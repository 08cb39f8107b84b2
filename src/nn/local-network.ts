/**
 * A small network whose output depends only on near pixels. Squares of 2×2 pixels are folded into channels first, so that
 * nothing is computed at full size; levels form a U whose skips are added, as in NAFNet (Chen et al. 2022, "Simple
 * Baselines for Image Restoration"), whose names the layers have. What a block is, local-blocks.ts says.
 */
import { add, reshape, silu, transpose } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import { convolution, linear } from './layers.ts';
import { atEachPixel, type LocalBlockKind, type LocalBlockRule, localBlocks, threeByThree } from './local-blocks.ts';
import { type Parameters, scoped } from './parameters.ts';

/** How many blocks the network has, level by level. */
export interface LocalBlocks {
  /** Blocks of each level on the way down, from the first. */
  readonly encoder: readonly number[];
  /** Blocks of the last level. */
  readonly middle: number;
  /** Blocks of each level on the way up, in the order in which they are passed: as many levels as `encoder` has. */
  readonly decoder: readonly number[];
}

/** The sizes of the network. */
export interface LocalNetworkOptions extends LocalBlocks {
  /** What a block is. */
  readonly blocks: LocalBlockKind;
  /** Channels of the first level; each further level has twice as many. */
  readonly width: number;
  readonly outChannels: number;
}

/** The side of the squares of pixels that become channels. */
export const FOLD = 2;

/** Squares of 2×2 pixels as channels: [N, C, H, W] → [N, 4 C, H/2, W/2], in the order of PyTorch's `pixel_unshuffle`. */
function folded(x: Node): Node {
  const [batch, channels, height, width] = x.shape;
  const [rows, columns] = [height / FOLD, width / FOLD];
  const squares = reshape(x, [batch, channels, rows, FOLD, columns, FOLD]);
  return reshape(transpose(squares, [0, 1, 3, 5, 2, 4]), [batch, channels * FOLD ** 2, rows, columns]);
}

/** The reverse of `folded`: [N, 4 C, H, W] → [N, C, 2 H, 2 W]. */
function unfolded(x: Node): Node {
  const [batch, wide, rows, columns] = x.shape;
  const channels = wide / FOLD ** 2;
  const squares = reshape(x, [batch, channels, FOLD, FOLD, rows, columns]);
  return reshape(transpose(squares, [0, 1, 4, 2, 5, 3]), [batch, channels, rows * FOLD, columns * FOLD]);
}

/** Sinusoids [N, width] → features of time [N, 2 width] as every block takes them. */
function timeNetwork(embedding: Node, width: number, parameters: Parameters): Node {
  const hidden = silu(linear(embedding, 2 * width, scoped(parameters, '0')));
  return silu(linear(hidden, 2 * width, scoped(parameters, '2')));
}

/** The number by which both sides of a picture must be divisible. */
export const localSizeMultiple = ({ encoder }: Pick<LocalBlocks, 'encoder'>): number => FOLD * 2 ** encoder.length;

/**
 * Builds the network.
 *
 * @param x images [N, C, H, W]; H and W divisible by `localSizeMultiple`
 * @param embedding sinusoids of each image's time, [N, width]
 * @returns [N, outChannels, H, W]
 * @throws RddmError when the size does not divide, encoder and decoder have not as many levels, or the embedding has another
 * shape
 */
export function localNetwork(x: Node, embedding: Node, options: LocalNetworkOptions, parameters: Parameters): Node {
  const { width, encoder, middle, decoder, outChannels } = options;
  const where = 'localNetwork';
  if (x.shape.length !== 4) throw expected(where, 'images [N, C, H, W]', showShape(x.shape));
  const [batch, , rows, columns] = x.shape;
  const multiple = localSizeMultiple(options);
  if (rows % multiple !== 0 || columns % multiple !== 0) {
    throw expected(where, `a height and width divisible by ${multiple}`, `${rows}x${columns}`, 'pad the image');
  }
  if (decoder.length !== encoder.length) {
    throw expected(where, `${encoder.length} levels of the decoder, as the encoder has`, String(decoder.length));
  }
  if (!sameShape(embedding.shape, [batch, width])) {
    throw expected(where, `a time embedding of ${showShape([batch, width])}`, showShape(embedding.shape));
  }
  const time = timeNetwork(embedding, width, scoped(parameters, 'time_mlp'));
  const rule: LocalBlockRule = localBlocks[options.blocks];
  const blocks = (input: Node, count: number, name: string): Node => {
    let y = input;
    for (let number = 0; number < count; number++) y = rule.block(y, time, scoped(parameters, `${name}.${number}`));
    return y;
  };

  const features = convolution(folded(x), { outChannels: width, ...threeByThree }, scoped(parameters, 'intro'));
  let y = rule.entry ? rule.entry(features, time, parameters) : features;
  const skips: Node[] = [];
  encoder.forEach((count, level) => {
    y = blocks(y, count, `encoders.${level}`);
    skips.push(y);
    const halving = { outChannels: 2 * y.shape[1], kernel: 2, stride: 2, padding: 0 };
    y = convolution(y, halving, scoped(parameters, `downs.${level}`));
  });
  y = blocks(y, middle, 'middle_blks');
  decoder.forEach((count, level) => {
    // A quarter of these channels remains when they are unfolded, half of what the level below has.
    const up = convolution(y, { outChannels: 2 * y.shape[1], ...atEachPixel }, scoped(parameters, `ups.${level}.0`));
    y = blocks(add(unfolded(up), skips.pop() as Node), count, `decoders.${level}`);
  });
  return unfolded(
    convolution(y, { outChannels: outChannels * FOLD ** 2, ...threeByThree }, scoped(parameters, 'ending')),
  );
}
