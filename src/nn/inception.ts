/**
 * Inception v3 (Szegedy et al. 2016) in the variant that defines the Fréchet Inception Distance: the network of
 * TensorFlow's 2015 release, under torchvision's names. Unlike torchvision's own, average pools ignore padding, the
 * last block pools with max, and there are 1008 classes. Inference only: batch norms use their running statistics.
 */
import {
  add,
  averagePool,
  concat,
  conv2d,
  divide,
  matmul,
  maxPool,
  mean,
  multiply,
  pad,
  relu,
  reshape,
  sqrt,
  subtract,
  transpose,
} from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { elementCount } from '../math/shape.ts';
import { perChannel } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

const EPSILON = 1e-3;
const CLASSES = 1008;

/** The size of its pictures. */
export const inceptionSide = 299;

/** The network's outputs: means over space at four places, and logits without and with the bias. */
export interface InceptionResults {
  readonly features64: Node;
  readonly features192: Node;
  readonly features768: Node;
  readonly features2048: Node;
  readonly logitsUnbiased: Node;
  readonly logits: Node;
}

type Kernel = number | readonly [height: number, width: number];

/** Convolution, batch norm and ReLU, of which the whole network consists. */
type Layer = (name: string, x: Node, channels: number, kernel: Kernel, how?: 'same' | 'strided') => Node;

/** `same` pads to keep the size, `strided` halves it; without either there is no padding. */
const layersOf =
  (parameters: Parameters): Layer =>
  (name, x, channels, kernel, how) => {
    const of = scoped(parameters, name);
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const shape = [channels, x.shape[1], height, width];
    const weight = of('conv.weight', shape, { uniform: 1 / Math.sqrt(elementCount(shape.slice(1))) });
    const norm = (part: string, value: number): Node => perChannel(of(`bn.${part}`, [channels], { value }));
    // (y − mean) / √(variance + ε) · gain + bias, as one factor and one term.
    const factor = divide(norm('weight', 1), sqrt(add(norm('running_var', 1), EPSILON)));
    const term = subtract(norm('bias', 0), multiply(norm('running_mean', 0), factor));
    const [rows, columns] = how === 'same' ? [(height - 1) / 2, (width - 1) / 2] : [0, 0];
    const stride = how === 'strided' ? 2 : 1;
    const convolved =
      rows === columns
        ? conv2d(x, weight, { stride, padding: rows })
        : conv2d(pad(pad(x, 2, rows, rows), 3, columns, columns), weight, { stride, padding: 0 });
    return relu(add(multiply(convolved, factor), term));
  };

const around = { kernel: 3, stride: 1, padding: 1 } as const;
const halving = { kernel: 3, stride: 2, padding: 0 } as const;

/** Two 3×3 beside a 5×5, at 35×35. */
function blockA(x: Node, pooled: number, layer: Layer): Node {
  const five = layer('branch5x5_2', layer('branch5x5_1', x, 48, 1), 64, 5, 'same');
  const twice = layer('branch3x3dbl_2', layer('branch3x3dbl_1', x, 64, 1), 96, 3, 'same');
  return concat(
    [
      layer('branch1x1', x, 64, 1),
      five,
      layer('branch3x3dbl_3', twice, 96, 3, 'same'),
      layer('branch_pool', averagePool(x, around), pooled, 1),
    ],
    1,
  );
}

/** From 35×35 to 17×17. */
function blockB(x: Node, layer: Layer): Node {
  const twice = layer('branch3x3dbl_2', layer('branch3x3dbl_1', x, 64, 1), 96, 3, 'same');
  return concat(
    [layer('branch3x3', x, 384, 3, 'strided'), layer('branch3x3dbl_3', twice, 96, 3, 'strided'), maxPool(x, halving)],
    1,
  );
}

/** 7×7 as rows and columns, at 17×17. */
function blockC(x: Node, inner: number, layer: Layer): Node {
  let once = layer('branch7x7_1', x, inner, 1);
  once = layer('branch7x7_2', once, inner, [1, 7], 'same');
  once = layer('branch7x7_3', once, 192, [7, 1], 'same');
  let twice = layer('branch7x7dbl_1', x, inner, 1);
  twice = layer('branch7x7dbl_2', twice, inner, [7, 1], 'same');
  twice = layer('branch7x7dbl_3', twice, inner, [1, 7], 'same');
  twice = layer('branch7x7dbl_4', twice, inner, [7, 1], 'same');
  twice = layer('branch7x7dbl_5', twice, 192, [1, 7], 'same');
  const pooled = layer('branch_pool', averagePool(x, around), 192, 1);
  return concat([layer('branch1x1', x, 192, 1), once, twice, pooled], 1);
}

/** From 17×17 to 8×8. */
function blockD(x: Node, layer: Layer): Node {
  let seven = layer('branch7x7x3_1', x, 192, 1);
  seven = layer('branch7x7x3_2', seven, 192, [1, 7], 'same');
  seven = layer('branch7x7x3_3', seven, 192, [7, 1], 'same');
  seven = layer('branch7x7x3_4', seven, 192, 3, 'strided');
  const three = layer('branch3x3_2', layer('branch3x3_1', x, 192, 1), 320, 3, 'strided');
  return concat([three, seven, maxPool(x, halving)], 1);
}

/** 3×3 as rows beside columns, at 8×8. */
function blockE(x: Node, pool: typeof averagePool, layer: Layer): Node {
  const apart = (name: string, h: Node): Node[] => [
    layer(`${name}a`, h, 384, [1, 3], 'same'),
    layer(`${name}b`, h, 384, [3, 1], 'same'),
  ];
  const twice = layer('branch3x3dbl_2', layer('branch3x3dbl_1', x, 448, 1), 384, 3, 'same');
  return concat(
    [
      layer('branch1x1', x, 320, 1),
      ...apart('branch3x3_2', layer('branch3x3_1', x, 384, 1)),
      ...apart('branch3x3dbl_3', twice),
      layer('branch_pool', pool(x, around), 192, 1),
    ],
    1,
  );
}

/** Rows first: shorter sums round less. */
const meanOverSpace = (x: Node): Node => reshape(mean(mean(x, [3]), [2]), x.shape.slice(0, 2));

/** The network on pictures [N, 3, 299, 299] in [-1, 1]. */
export function inception(x: Node, parameters: Parameters): InceptionResults {
  const layer = layersOf(parameters);
  const inside = (name: string): Layer => layersOf(scoped(parameters, name));
  let h = layer('Conv2d_1a_3x3', x, 32, 3, 'strided');
  h = layer('Conv2d_2b_3x3', layer('Conv2d_2a_3x3', h, 32, 3), 64, 3, 'same');
  h = maxPool(h, halving);
  const features64 = meanOverSpace(h);
  h = maxPool(layer('Conv2d_4a_3x3', layer('Conv2d_3b_1x1', h, 80, 1), 192, 3), halving);
  const features192 = meanOverSpace(h);
  h = blockA(h, 32, inside('Mixed_5b'));
  h = blockA(h, 64, inside('Mixed_5c'));
  h = blockA(h, 64, inside('Mixed_5d'));
  h = blockB(h, inside('Mixed_6a'));
  h = blockC(h, 128, inside('Mixed_6b'));
  h = blockC(h, 160, inside('Mixed_6c'));
  h = blockC(h, 160, inside('Mixed_6d'));
  h = blockC(h, 192, inside('Mixed_6e'));
  const features768 = meanOverSpace(h);
  h = blockD(h, inside('Mixed_7a'));
  h = blockE(h, averagePool, inside('Mixed_7b'));
  h = blockE(h, maxPool, inside('Mixed_7c'));
  const features2048 = meanOverSpace(h);
  const bound = { uniform: 1 / Math.sqrt(2048) };
  const weight = parameters('fc.weight', [CLASSES, 2048], bound);
  const logitsUnbiased = matmul(features2048, transpose(weight, [1, 0]));
  const logits = add(logitsUnbiased, parameters('fc.bias', [CLASSES], bound));
  return { features64, features192, features768, features2048, logitsUnbiased, logits };
}
