/**
 * The two attentions of the U-Net, 4 heads of 32: linear attention at every level (cost linear in the number of
 * pixels), full attention in the middle. For large photographs full attention is computed in chunks of queries, which
 * is exact and bounds its memory.
 */
import {
  add,
  concat,
  conv2d,
  matmul,
  multiply,
  reshape,
  slice,
  softmax,
  split,
  transpose,
  transposeLast,
} from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import {
  channelGain,
  channelLayerNorm,
  convolution,
  convolutionParameters,
  normalizedChannels,
  perChannel,
} from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

const HEADS = 4;
const HEAD_CHANNELS = 32;
const INNER = HEADS * HEAD_CHANNELS;
/** Scores, rows × pixels per head, that full attention holds at once. */
const LARGEST_SCORES = 2 ** 22;

/**
 * The weights of queries, keys and values, each [128, C]. The reference makes all three with one convolution and splits
 * its output; here the weights are split, which is the same and moves kilobytes instead of the network's largest
 * activations.
 */
function queryKeyValueWeights({ shape: [, channels] }: Node, parameters: Parameters): Node[] {
  const bound = { uniform: 1 / Math.sqrt(channels) };
  const weights = scoped(parameters, 'to_qkv')('weight', [3 * INNER, channels, 1, 1], bound);
  return split(reshape(weights, [3 * INNER, channels]), 0, 3);
}

/** Queries, keys and values, each [N, heads, 32, pixels]. */
function queriesKeysValues(x: Node, parameters: Parameters): Node[] {
  const [batch, channels, height, width] = x.shape;
  return queryKeyValueWeights(x, parameters).map((weight) => {
    const image = conv2d(x, reshape(weight, [INNER, channels, 1, 1]), { stride: 1, padding: 0 });
    return reshape(image, [batch, HEADS, HEAD_CHANNELS, height * width]);
  });
}

/** [N, heads, pixels, 32] as an image again, projected to the input's channels. */
function merged(out: Node, x: Node, parameters: Parameters): Node {
  const [batch, channels, height, width] = x.shape;
  const image = reshape(transposeLast(out), [batch, INNER, height, width]);
  return convolution(image, { outChannels: channels, kernel: 1, stride: 1, padding: 0 }, parameters);
}

/** The factor of linear attention's product of keys and values. */
const linearScale = (pixels: number): number => HEAD_CHANNELS ** -0.5 / pixels;

/**
 * The order of linear attention's products: as the reference writes them, which is what others count, or such that
 * values and result never exist with 128 channels per pixel. The values are the same up to rounding.
 */
export type LinearOrder = 'as-written' | 'smallest-first';

/** Softmax over channels for queries and over pixels for keys makes the product associative: (q kᵀ) v = q (kᵀ v). */
function linearAttentionAsWritten(x: Node, parameters: Parameters): Node {
  const [q, k, v] = queriesKeysValues(x, parameters);
  const context = matmul(softmax(k), transposeLast(v)); // [N, heads, 32, 32]
  const scaled = multiply(context, linearScale(x.shape[2] * x.shape[3]));
  return merged(matmul(softmax(transposeLast(q)), scaled), x, scoped(parameters, 'to_out.0'));
}

/**
 * The same, since v = V x and the output is projected by W: W (kᵀ (V x)) q = (W ((kᵀ xᵀ) Vᵀ)) q. Only q and k have 128
 * channels per pixel, and each is made in the layout in which its softmax runs along the last axis. The gain of the
 * preceding norm is part of the weights, so x comes without it.
 */
function linearAttention(x: Node, gain: Node, parameters: Parameters): Node {
  const [batch, channels, height, width] = x.shape;
  const pixels = height * width;
  const flat = reshape(x, [batch, channels, pixels]);
  const [queries, keys, values] = queryKeyValueWeights(x, parameters).map((weight) =>
    multiply(weight, reshape(gain, [channels])),
  );
  const { weight, bias } = convolutionParameters([channels, INNER, 1, 1], scoped(parameters, 'to_out.0'));

  const k = softmax(matmul(keys, flat)); // [N, 128, pixels]
  const seen = reshape(matmul(k, transposeLast(flat)), [batch, HEADS, HEAD_CHANNELS, channels]);
  const context = matmul(seen, transposeLast(reshape(values, [HEADS, HEAD_CHANNELS, channels]))); // [N, heads, 32, 32]
  const projection = transpose(reshape(weight, [channels, HEADS, HEAD_CHANNELS]), [1, 2, 0]);
  const projected = reshape(matmul(multiply(context, linearScale(pixels)), projection), [batch, INNER, channels]);

  const byPixel = matmul(transposeLast(flat), transposeLast(queries)); // [N, pixels, 128]
  const q = softmax(reshape(byPixel, [batch, pixels, HEADS, HEAD_CHANNELS]));
  const out = matmul(transposeLast(projected), transposeLast(reshape(q, [batch, pixels, INNER])));
  return add(reshape(out, x.shape), perChannel(bias));
}

/**
 * Softmax attention over all pixels: softmax(qᵀ k / √channels) vᵀ.
 *
 * @param q, k, v each [N, heads, channels, pixels]
 * @param largestScores scores, rows × pixels per head, held at once
 * @returns [N, heads, pixels, channels]
 */
export function softmaxAttention(q: Node, k: Node, v: Node, largestScores = LARGEST_SCORES): Node {
  const [, , channels, pixels] = q.shape;
  const queries = multiply(transposeLast(q), channels ** -0.5);
  const values = transposeLast(v);
  const rows = Math.max(1, Math.min(pixels, Math.floor(largestScores / pixels)));
  const parts: Node[] = [];
  for (let start = 0; start < pixels; start += rows) {
    const some = slice(queries, 2, start, Math.min(pixels, start + rows));
    parts.push(matmul(softmax(matmul(some, k)), values));
  }
  return concat(parts, 2);
}

function fullAttention(x: Node, parameters: Parameters, largestScores: number): Node {
  const [q, k, v] = queriesKeysValues(x, parameters);
  return merged(softmaxAttention(q, k, v, largestScores), x, scoped(parameters, 'to_out'));
}

/** Options that change how attention is computed, but not its result. */
export interface AttentionOptions {
  readonly order?: LinearOrder | undefined;
  /** Scores, rows × pixels per head, that full attention holds at once. */
  readonly largestScores?: number;
}

/**
 * x + attention(norm(x)).
 *
 * @param x [N, C, H, W]
 * @returns [N, C, H, W]
 */
export function attention(
  x: Node,
  kind: 'linear' | 'full',
  parameters: Parameters,
  { order = 'smallest-first', largestScores = LARGEST_SCORES }: AttentionOptions = {},
): Node {
  const normal = normalizedChannels(x);
  const gain = channelGain(x, scoped(parameters, 'fn.norm'));
  const inner = scoped(parameters, 'fn.fn');
  if (kind === 'full') return add(x, fullAttention(multiply(normal, gain), inner, largestScores));
  const out =
    order === 'as-written'
      ? linearAttentionAsWritten(multiply(normal, gain), inner)
      : linearAttention(normal, gain, inner);
  return add(x, channelLayerNorm(out, scoped(inner, 'to_out.1')));
}
