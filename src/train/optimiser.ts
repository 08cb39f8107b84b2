/**
 * The optimiser as graph: global-norm clipping, Adam, and the exponential moving average of the
 * weights (EMA). Its state lives in the runtime beside the weights. What changes from step to step
 * (rate, bias corrections, EMA rate) is fed, so that one program serves all steps.
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

/** Adam's constants and what surrounds it. */
export interface OptimiserOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Largest norm of the whole gradient; `none` leaves it as it is. */
  readonly clipNorm: number | 'none';
}

/** Names of the states that belong to a weight. */
export const stateNames = {
  firstMoment: (weight: string): string => `adam.m/${weight}`,
  secondMoment: (weight: string): string => `adam.v/${weight}`,
  average: (weight: string): string => `ema/${weight}`,
  gradientSum: (weight: string): string => `gradient/${weight}`,
};

/** The next value of each state, and the norm of the gradient before clipping. */
export interface OptimiserStep {
  readonly updates: Record<string, Node>;
  readonly gradientNorm: Node;
}

/** Builds one step; `gradients` and `weights` in the same order. */
export function optimiserStep(
  weights: ReadonlyMap<string, Node<'input'>>,
  gradients: readonly Node[],
  { beta1, beta2, epsilon, clipNorm }: OptimiserOptions,
): OptimiserStep {
  const stepSize = feed('stepSize', []);
  const secondCorrection = feed('secondCorrection', []);
  const averageRate = feed('averageRate', []);

  const gradientNorm = sqrt(
    [...gradients]
      .reverse()
      .map((g) => scalar(sum(square(g))))
      .reduce((total, one) => add(total, one)),
  );
  const scale = clipNorm === 'none' ? undefined : minimum(1, divide(clipNorm, add(gradientNorm, 1e-6)));

  const updates: Record<string, Node> = {};
  [...weights].forEach(([name, weight], i) => {
    const shape = weight.shape;
    const g = scale ? multiply(gradients[i], reshape(scale, [])) : gradients[i];
    const m = add(multiply(state(stateNames.firstMoment(name), shape), beta1), multiply(g, 1 - beta1));
    const v = add(multiply(state(stateNames.secondMoment(name), shape), beta2), multiply(square(g), 1 - beta2));
    const next = subtract(weight, multiply(divide(m, add(multiply(sqrt(v), secondCorrection), epsilon)), stepSize));
    const average = state(stateNames.average(name), shape);
    updates[stateNames.firstMoment(name)] = m;
    updates[stateNames.secondMoment(name)] = v;
    updates[name] = next;
    updates[stateNames.average(name)] = add(average, multiply(subtract(next, average), averageRate));
  });
  return { updates, gradientNorm };
}

/**
 * What an optimiser step is fed (Kingma and Ba 2015, algorithm 1).
 *
 * @param step 1 at the first step
 * @param averageRate 1 − decay where the EMA moves in this step, 0 where it rests
 */
export function optimiserFeeds(
  step: number,
  learningRate: number,
  averageRate: number,
  { beta1, beta2 }: OptimiserOptions,
): Record<string, Tensor> {
  return {
    stepSize: tensor([], [learningRate / (1 - beta1 ** step)]),
    secondCorrection: tensor([], [1 / Math.sqrt(1 - beta2 ** step)]),
    averageRate: tensor([], [averageRate]),
  };
}
