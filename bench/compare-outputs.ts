/** Checks that a peer computes what we compute: timings of different computations cannot be compared. */
import { expected } from '../src/math/errors.ts';
import { sameShape, showShape } from '../src/math/shape.ts';
import { largestDifference, type Tensor, type TensorMap } from '../src/math/tensor.ts';

/** The tolerance between two float32 implementations, relative to the largest value. */
const TOLERANCE = 1e-4;
/**
 * The tolerance if one of them is onnxruntime-web: it sums the 524288 values of a row one after the other and
 * normalises it to 8e-5 of the true result (float64), where onnxruntime-node is at 5e-6; and a network normalises
 * often.
 */
export const BROWSER_TOLERANCE = 5e-4;

const largest = ({ data }: Tensor): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * The largest difference of any output, relative to the largest value of that output.
 *
 * @throws RddmError if an output is missing or has another shape, or the difference is above the tolerance
 */
export function compareOutputs(peer: string, ours: TensorMap, theirs: TensorMap, tolerance = TOLERANCE): number {
  let worst = 0;
  for (const [name, own] of Object.entries(ours)) {
    const other = theirs[name];
    if (!other) throw expected(peer, `an output "${name}"`, `${Object.keys(theirs).join(', ') || 'none'}`);
    if (!sameShape(own.shape, other.shape)) {
      throw expected(peer, `"${name}" of ${showShape(own.shape)}`, showShape(other.shape));
    }
    const difference = largestDifference(own, other) / largest(own);
    if (!(difference <= tolerance)) {
      throw expected(peer, `our "${name}" within ${tolerance} of its largest value`, difference.toExponential(1));
    }
    worst = Math.max(worst, difference);
  }
  if (Object.keys(ours).length === 0) throw expected(peer, 'something to compare', 'no output of ours');
  return worst;
}
