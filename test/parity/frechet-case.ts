/** `frechet*`: means, covariances and Fréchet distances of features, Inception Scores of probabilities; all in float64. */
import { frechetDistance } from '../../src/metrics/frechet.ts';
import { type Features, featureMoments, gaussianOfMoments } from '../../src/metrics/gaussian.ts';
import { inceptionScore } from '../../src/metrics/inception-score.ts';
import { type Check, worst } from './check.ts';
import type { GoldenFile } from './golden-file.ts';

const table = (golden: GoldenFile, name: string): Features => ({
  shape: golden.shape(name),
  data: golden.numbers(name),
});

const largest = (given: ArrayLike<number>, wanted: Float64Array): number =>
  worst(Array.from(wanted, (value, i) => Math.abs(given[i] - value)));

/** The two sets of features under a prefix. */
function distances(golden: GoldenFile, prefix: string): Check[] {
  const sets = ['1', '2'].map((which) => table(golden, `${prefix}features${which}`));
  const moments = sets.map(featureMoments);
  const checks = moments.flatMap(({ mean, covariance }, i) => {
    const wanted = { mean, covariance };
    return (['mean', 'covariance'] as const).flatMap((quantity) => {
      const name = `${prefix}${quantity}${i + 1}`;
      if (!golden.has(name)) return [];
      return [{ quantity: name, error: largest(wanted[quantity], golden.numbers(name)), limit: 1e-12 }];
    });
  });
  const ours = {
    features: frechetDistance(sets[0], sets[1]),
    moments: frechetDistance(...(moments.map((one) => gaussianOfMoments(one.mean, one.covariance)) as [never, never])),
  };
  const [root] = golden.numbers(`${prefix}frechet_distance`);
  const [eigenvalues] = golden.numbers(`${prefix}frechet_distance_eigenvalues`);
  // For a singular covariance, the file's two methods get eigenvalues ±ε instead of 0, each of which adds √ε.
  const size = moments[0].mean.length;
  const zeros = Math.max(0, size + 1 - Math.min(...sets.map(({ shape }) => shape[0])));
  const variance = worst(moments.flatMap(({ covariance }) => [...covariance].map(Math.abs)));
  const limit = 1e-9 * Math.max(1, eigenvalues) + 2 * zeros * Math.sqrt(Number.EPSILON) * variance;
  return [
    ...checks,
    ...Object.entries(ours).map(([from, value]) => ({
      quantity: `${prefix}frechet_distance of ${from}`,
      error: Math.max(Math.abs(value - eigenvalues), Math.abs(value - root)),
      limit,
    })),
  ];
}

export async function frechetCase(golden: GoldenFile): Promise<Check[]> {
  const prefixes = golden.tensors.flatMap((name) => /^(.*)features1$/.exec(name)?.[1] ?? []);
  const scores = golden.has('probabilities')
    ? Array.from(golden.numbers('splits'), (splits) => inceptionScore(table(golden, 'probabilities'), splits))
    : [];
  const named = [
    ['inception_score', scores.map(({ mean }) => mean)],
    ['inception_score_std', scores.map(({ deviation }) => deviation)],
  ] as const;
  return [
    ...prefixes.flatMap((prefix) => distances(golden, prefix)),
    ...(scores.length === 0 ? [] : named).map(([quantity, values]) => ({
      quantity,
      error: largest(values, golden.numbers(quantity)),
      limit: 1e-10,
    })),
  ];
}
