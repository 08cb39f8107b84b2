/**
 * The two attentions of the U-Net, 4 heads of 32: linear attention at every level (cost linear in
 * the number of pixels), full attention in the middle. For large photographs the full attention is
 * computed in chunks of queries, which is exact and keeps its memory bounded.
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
  transposeLast,
} from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { channelLayerNorm, convolution } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

const HEADS = 4;
const HEAD_CHANNELS = 32;
const INNER = HEADS * HEAD_CHANNELS;
/** Scores, rows × pixels a head, that full attention holds at once. */
const LARGEST_SCORES = 2 ** 22;

/**
 * Queries, keys and values, each [N, heads, 32, pixels]. The reference makes all three with one
 * convolution and splits its output; the weights are split here instead, which is the same and moves
 * kilobytes where the other moves the largest activations of the network.
 */
function queriesKeysValues(x: Node, parameters: Parameters): Node[] {
  const [batch, channels, height, width] = x.shape;
  const bound = { uniform: 1 / Math.sqrt(channels) };
  const weights = scoped(parameters, 'to_qkv')('weight', [3 * INNER, channels, 1, 1], bound);
  return split(weights, 0, 3).map((weight) =>
    reshape(conv2d(x, weight, { stride: 1, padding: 0 }), [batch, HEADS, HEAD_CHANNELS, height * width]),
  );
}

/** [N, heads, pixels, 32] back to an image, projected to the input's channels. */
function merged(out: Node, x: Node, parameters: Parameters): Node {
  const [batch, channels, height, width] = x.shape;
  const image = reshape(transposeLast(out), [batch, INNER, height, width]);
  return convolution(image, { outChannels: channels, kernel: 1, stride: 1, padding: 0 }, parameters);
}

/** Linear attention: softmax over channels for queries and over pixels for keys makes the product associative. */
function linearAttention(x: Node, parameters: Parameters): Node {
  const [q, k, v] = queriesKeysValues(x, parameters);
  const pixels = x.shape[2] * x.shape[3];
  const context = matmul(softmax(k), transposeLast(v)); // [N, heads, 32, 32]
  const scaled = multiply(context, HEAD_CHANNELS ** -0.5 / pixels);
  const out = matmul(softmax(transposeLast(q)), scaled);
  return channelLayerNorm(merged(out, x, scoped(parameters, 'to_out.0')), scoped(parameters, 'to_out.1'));
}

/** Softmax attention over all pixels. */
function fullAttention(x: Node, parameters: Parameters, largestScores: number): Node {
  const [q, k, v] = queriesKeysValues(x, parameters);
  const queries = multiply(transposeLast(q), HEAD_CHANNELS ** -0.5);
  const values = transposeLast(v);
  const pixels = x.shape[2] * x.shape[3];
  const rows = Math.max(1, Math.min(pixels, Math.floor(largestScores / pixels)));
  const parts: Node[] = [];
  for (let start = 0; start < pixels; start += rows) {
    const some = slice(queries, 2, start, Math.min(pixels, start + rows));
    parts.push(matmul(softmax(matmul(some, k)), values));
  }
  return merged(concat(parts, 2), x, scoped(parameters, 'to_out'));
}

/**
 * x + attention(norm(x)).
 *
 * @param x [N, C, H, W]
 * @param largestScores how many scores, rows × pixels a head, full attention holds at once; the result is the same
 * @returns [N, C, H, W]
 */
export function attention(
  x: Node,
  kind: 'linear' | 'full',
  parameters: Parameters,
  largestScores = LARGEST_SCORES,
): Node {
  const normal = channelLayerNorm(x, scoped(parameters, 'fn.norm'));
  const inner = scoped(parameters, 'fn.fn');
  return add(x, kind === 'linear' ? linearAttention(normal, inner) : fullAttention(normal, inner, largestScores));
}
