/**
 * The optimiser as graph: clipping by the gradient's norm, Adam, AdamW or RAdam, and the exponential moving average of
 * the weights (EMA). Its state lives in the runtime beside the weights. Values that change from step to step (rate, bias
 * corrections, decay, EMA rate) are fed, so that one program serves all steps, and one graph Adam and RAdam, since
 * RAdam's rectification depends only on the step. AdamW's graph also has the decay.
 */
import {
  add,
  divide,
  feed,
  minimum,
  multiply,
  reshape,
  scalar,
  sqrt,
  square,
  state,
  subtract,
  sum,
} from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { type Tensor, tensor } from '../math/tensor.ts';

/**
 * Adam (Kingma and Ba 2015); RAdam, which rectifies the variance of Adam's first steps (Liu et al. 2020); or AdamW,
 * which also decays weights, decoupled from the gradient (Loshchilov and Hutter 2019).
 */
export const optimiserKinds = ['adam', 'radam', 'adamw'] as const;
export type OptimiserKind = (typeof optimiserKinds)[number];

/** The constants of the optimiser, clipping and average. */
export interface OptimiserOptions {
  readonly kind: OptimiserKind;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** The highest norm of the gradient of an optimiser's weights; `none` does not clip. */
  readonly clipNorm: number | 'none';
  /** The share of a weight that AdamW removes per step and learning rate; undefined for the others. */
  readonly weightDecay?: number | undefined;
}

/**
 * Whether AdamW decays a weight: only those with more than one axis longer than 1, the kernels of convolutions and
 * linear layers. Biases, gains of norms and scales of channels, [C] or [1, C, 1, 1], are not pulled to 0.
 */
const isDecayed = ({ shape }: Node): boolean => shape.filter((size) => size > 1).length > 1;

/** The names of the states of a weight. */
export const stateNames = {
  firstMoment: (weight: string): string => `adam.m/${weight}`,
  secondMoment: (weight: string): string => `adam.v/${weight}`,
  average: (weight: string): string => `ema/${weight}`,
  gradientSum: (weight: string): string => `gradient/${weight}`,
};

/** The next value of each state, and norms of the gradient before clipping. */
export interface OptimiserStep {
  readonly updates: Record<string, Node>;
  /** The norm of all gradients together. */
  readonly gradientNorm: Node;
  /** The norm of each optimiser's gradients, by its name. */
  readonly gradientNorms: Readonly<Record<string, Node>>;
}

const sumOfSquares = (gradients: readonly Node[]): Node =>
  [...gradients]
    .reverse()
    .map((g) => scalar(sum(square(g))))
    .reduce((total, one) => add(total, one));

/**
 * Builds one step.
 *
 * @param gradients in the order of `weights`
 * @param optimiserOf returns the name of a weight's optimiser. Optimisers share their feeds; each has the moments of
 *   its weights, and clips by the norm of only their gradients
 * @param rateOf returns the share of the learning rate for a weight
 */
export function optimiserStep(
  weights: ReadonlyMap<string, Node<'input'>>,
  gradients: readonly Node[],
  { beta1, beta2, clipNorm, weightDecay }: Pick<OptimiserOptions, 'beta1' | 'beta2' | 'clipNorm' | 'weightDecay'>,
  optimiserOf: (weight: string) => string = () => 'all',
  rateOf: (weight: string) => number = () => 1,
): OptimiserStep {
  const stepSize = feed('stepSize', []);
  const secondCorrection = feed('secondCorrection', []);
  const epsilon = feed('epsilon', []);
  const averageRate = feed('averageRate', []);
  const decay = feed('decay', []);

  const names = [...weights.keys()];
  const squares = new Map(
    [...new Set(names.map(optimiserOf))].map((optimiser) => [
      optimiser,
      sumOfSquares(gradients.filter((_, i) => optimiserOf(names[i]) === optimiser)),
    ]),
  );
  const norms = new Map([...squares].map(([optimiser, total]) => [optimiser, sqrt(total)]));
  const scales = new Map<string, Node>();
  if (clipNorm !== 'none') {
    for (const [optimiser, norm] of norms) {
      scales.set(optimiser, reshape(minimum(1, divide(clipNorm, add(norm, 1e-6))), []));
    }
  }

  const updates: Record<string, Node> = {};
  [...weights].forEach(([name, weight], i) => {
    const shape = weight.shape;
    const scale = scales.get(optimiserOf(name));
    const g = scale ? multiply(gradients[i], scale) : gradients[i];
    const m = add(multiply(state(stateNames.firstMoment(name), shape), beta1), multiply(g, 1 - beta1));
    const v = add(multiply(state(stateNames.secondMoment(name), shape), beta2), multiply(square(g), 1 - beta2));
    const rate = rateOf(name);
    const shared = (fed: Node): Node => (rate === 1 ? fed : multiply(fed, rate));
    const move = multiply(divide(m, add(multiply(sqrt(v), secondCorrection), epsilon)), shared(stepSize));
    // Loshchilov and Hutter 2019, algorithm 2, line 12: the decay goes neither through the moments nor the clipping.
    const decays = weightDecay !== undefined && isDecayed(weight);
    const next = subtract(weight, decays ? add(move, multiply(weight, shared(decay))) : move);
    const average = state(stateNames.average(name), shape);
    updates[stateNames.firstMoment(name)] = m;
    updates[stateNames.secondMoment(name)] = v;
    updates[name] = next;
    updates[stateNames.average(name)] = add(average, multiply(subtract(next, average), averageRate));
  });
  const [only] = norms.values();
  return {
    updates,
    gradientNorm: norms.size === 1 ? only : sqrt([...squares.values()].reduce((total, one) => add(total, one))),
    gradientNorms: Object.fromEntries(norms),
  };
}

/**
 * The factor r_t by which RAdam's variance of step t differs from that after many steps (Liu et al. 2020, algorithm 2);
 * undefined in the first steps, whose variance is not finite: there only the first moment counts.
 */
function rectification(step: number, beta2: number): number | undefined {
  const limit = 2 / (1 - beta2) - 1; // ρ_∞
  const length = limit - (2 * step * beta2 ** step) / (1 - beta2 ** step); // ρ_t
  // The authors require more than 4; their code, and PyTorch's, more than 5.
  if (length <= 5) return undefined;
  return Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
}

/**
 * The feeds of an optimiser step: Adam by Kingma and Ba (2015), algorithm 1; RAdam like PyTorch, which adds epsilon
 * before correcting the bias of the second moment; AdamW like PyTorch, whose decay is multiplied by the learning rate.
 *
 * @param step 1 at the first step
 * @param averageRate 1 − decay if the EMA moves in this step, else 0
 */
export function optimiserFeeds(
  step: number,
  learningRate: number,
  averageRate: number,
  { kind, beta1, beta2, epsilon, weightDecay }: Omit<OptimiserOptions, 'clipNorm'>,
): Record<string, Tensor> {
  const stepSize = learningRate / (1 - beta1 ** step);
  const secondCorrection = 1 / Math.sqrt(1 - beta2 ** step);
  const feeds = (values: Record<string, number>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries({ ...values, averageRate }).map(([name, value]) => [name, tensor([], [value])]));
  const decay = weightDecay !== undefined && { decay: learningRate * weightDecay };
  if (kind !== 'radam') return feeds({ stepSize, secondCorrection, epsilon, ...decay });
  const rectified = rectification(step, beta2);
  // Divided by 0 · √v + 1, only the first moment is left.
  if (rectified === undefined) return feeds({ stepSize, secondCorrection: 0, epsilon: 1 });
  return feeds({ stepSize: stepSize * rectified, secondCorrection, epsilon: epsilon * secondCorrection });
}
