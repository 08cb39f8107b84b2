/**
 * How far off a prediction is, as one number: what training makes smaller. A new loss is a row of `losses`; the schema of a
 * training configuration and the training step know it from there.
 */
import { absolute, mean, scalar, square, subtract } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';

/** A loss as the table lists it. */
export interface LossRule {
  /** A few words, or a formula of the difference d, for documentation. */
  readonly description: string;
  /**
   * The error of the difference d of wanted and given images, [N, C, H, W]: a mean over the images, so that the parts of
   * a batch may be measured one by one.
   */
  error(difference: Node): Node;
}

/** Every loss by its name in a configuration. */
export const losses = {
  l1: { description: 'mean absolute error', error: (difference) => mean(absolute(difference)) },
  l2: { description: 'mean squared error', error: (difference) => mean(square(difference)) },
} satisfies Readonly<Record<string, LossRule>>;

/** The name of a loss. */
export type Loss = keyof typeof losses;

/** The names of all losses. */
export const lossNames = Object.keys(losses) as [Loss, ...Loss[]];

/** The losses in a line of text. */
export const lossDescriptions = lossNames.map((name) => `"${name}": ${losses[name].description}`).join(', ');

/** How far off a prediction is: a scalar. */
export const errorOf = (loss: Loss, wanted: Node, given: Node): Node =>
  scalar(losses[loss].error(subtract(wanted, given)));
