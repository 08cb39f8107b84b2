/**
 * The paper's U-Net (section "network" of the appendix; lucidrains' design): per level two residual blocks and linear
 * attention, full attention in the middle, a long skip around everything. In the form `shared-encoder` a second decoder
 * without skip connections predicts the residual. Parameter names are those of the reference implementation.
 */
import { add, concat, gelu, reshape, silu, split } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import { attention, type LinearOrder } from './attention.ts';
import { convolution, groupNorm, linear } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

/** The sizes of a U-Net. */
export interface UnetOptions {
  /** Channels of the first level. */
  readonly dim: number;
  /** Channels of each level in multiples of `dim`. */
  readonly multipliers: readonly number[];
  /** Groups of every group norm. */
  readonly groups: number;
  /** Channels of each output. */
  readonly outChannels: number;
  /** The order of linear attention's products; the result is the same. */
  readonly attentionOrder?: LinearOrder | undefined;
}

const threeByThree = { kernel: 3, stride: 1, padding: 1 } as const;

/** Sinusoids [N, dim] → [N, 4 dim]. */
function timeNetwork(embedding: Node, dim: number, parameters: Parameters): Node {
  const hidden = gelu(linear(embedding, 4 * dim, scoped(parameters, '1')));
  return linear(hidden, 4 * dim, scoped(parameters, '3'));
}

/** Two weight-standardised convolutions with group norm and SiLU; time scales and shifts the first. */
function residualBlock(x: Node, time: Node, outChannels: number, groups: number, parameters: Parameters): Node {
  const [batch, inChannels] = x.shape;
  const moments = reshape(linear(silu(time), 2 * outChannels, scoped(parameters, 'mlp.1')), [
    batch,
    2 * outChannels,
    1,
    1,
  ]);
  const [scale, shift] = split(moments, 1, 2);
  const block = (input: Node, name: string, modulation?: { scale: Node; shift: Node }): Node => {
    const inner = scoped(parameters, name);
    const y = convolution(input, { outChannels, ...threeByThree, weights: 'standardised' }, scoped(inner, 'proj'));
    return silu(groupNorm(y, groups, scoped(inner, 'norm'), { time: modulation }));
  };
  const h = block(block(x, 'block1', { scale, shift }), 'block2');
  const skip =
    inChannels === outChannels
      ? x
      : convolution(x, { outChannels, kernel: 1, stride: 1, padding: 0 }, scoped(parameters, 'res_conv'));
  return add(h, skip);
}

interface Level {
  readonly inChannels: number;
  readonly outChannels: number;
}

/** One decoder; with `skips` it uses the encoder's results at each level. */
function decoder(
  x: Node,
  time: Node,
  levels: readonly Level[],
  { groups, attentionOrder: order }: UnetOptions,
  skips: readonly Node[],
  parameters: Parameters,
): Node {
  const left = [...skips];
  const joined = (y: Node): Node => {
    const skip = left.pop();
    return skip ? concat([y, skip], 1) : y;
  };
  let y = x;
  [...levels].reverse().forEach(({ inChannels, outChannels }, i) => {
    const level = scoped(parameters, String(i));
    y = residualBlock(joined(y), time, outChannels, groups, scoped(level, '0'));
    y = residualBlock(joined(y), time, outChannels, groups, scoped(level, '1'));
    y = attention(y, 'linear', scoped(level, '2'), { order });
    y =
      i === levels.length - 1
        ? convolution(y, { outChannels: inChannels, ...threeByThree }, scoped(level, '3'))
        : convolution(y, { outChannels: inChannels, ...threeByThree, upsampled: true }, scoped(level, '3.1'));
  });
  return y;
}

/**
 * Builds a U-Net.
 *
 * @param x images [N, C, H, W]; H and W divisible by 2^(levels − 1)
 * @param embedding `timeEmbedding` of each image's time, [N, dim]
 * @param form `one` output, or `shared-encoder`: [decoder without skips, decoder with skips]
 * @returns one node per output, [N, outChannels, H, W]
 * @throws RddmError if the size is not divisible, the groups do not divide the channels, or the embedding has another
 *   shape
 */
export function unet(
  x: Node,
  embedding: Node,
  options: UnetOptions,
  form: 'one' | 'shared-encoder',
  parameters: Parameters,
): Node[] {
  const { dim, multipliers, groups, outChannels, attentionOrder: order } = options;
  // Each level but the last halves the sides.
  const multiple = 2 ** (multipliers.length - 1);
  const [batch, , height, width] = x.shape;
  if (x.shape.length !== 4) throw expected('unet', 'images [N, C, H, W]', showShape(x.shape));
  if (height % multiple !== 0 || width % multiple !== 0) {
    throw expected('unet', `a height and width divisible by ${multiple}`, `${height}x${width}`, 'pad the image');
  }
  if (!sameShape(embedding.shape, [batch, dim])) {
    throw expected('unet', `a time embedding of ${showShape([batch, dim])}`, showShape(embedding.shape));
  }
  const widths = [dim, ...multipliers.map((multiplier) => dim * multiplier)];
  const levels = multipliers.map((_, i): Level => ({ inChannels: widths[i], outChannels: widths[i + 1] }));

  const first = convolution(x, { outChannels: dim, kernel: 7, stride: 1, padding: 3 }, scoped(parameters, 'init_conv'));
  const time = timeNetwork(embedding, dim, scoped(parameters, 'time_mlp'));

  const skips: Node[] = [];
  let y = first;
  levels.forEach(({ inChannels, outChannels: wider }, i) => {
    const level = scoped(parameters, `downs.${i}`);
    y = residualBlock(y, time, inChannels, groups, scoped(level, '0'));
    skips.push(y);
    y = residualBlock(y, time, inChannels, groups, scoped(level, '1'));
    y = attention(y, 'linear', scoped(level, '2'), { order });
    skips.push(y);
    const down = i === levels.length - 1 ? threeByThree : { kernel: 4, stride: 2, padding: 1 };
    y = convolution(y, { outChannels: wider, ...down }, scoped(level, '3'));
  });

  const middle = widths[widths.length - 1];
  y = residualBlock(y, time, middle, groups, scoped(parameters, 'mid_block1'));
  y = attention(y, 'full', scoped(parameters, 'mid_attn'));
  y = residualBlock(y, time, middle, groups, scoped(parameters, 'mid_block2'));

  const finish = (input: Node, suffix: string): Node => {
    const block = residualBlock(input, time, dim, groups, scoped(parameters, `final_res_block${suffix}`));
    return convolution(
      block,
      { outChannels, kernel: 1, stride: 1, padding: 0 },
      scoped(parameters, `final_conv${suffix}`),
    );
  };
  const withSkips = concat([decoder(y, time, levels, options, skips, scoped(parameters, 'ups')), first], 1);
  if (form === 'one') return [finish(withSkips, '')];
  const withoutSkips = decoder(y, time, levels, options, [], scoped(parameters, 'ups_no_skip'));
  return [finish(withoutSkips, '_1'), finish(withSkips, '_2')];
}
