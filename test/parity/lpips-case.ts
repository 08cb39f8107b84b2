/** `lpips-*`: LPIPS of pairs of any size, on a trunk with formula weights and the published heads. */
import { feed } from '../../src/graph/build.ts';
import { createProgram } from '../../src/graph/program.ts';
import { expected } from '../../src/math/errors.ts';
import type { Tensor } from '../../src/math/tensor.ts';
import { lpips, lpipsFeatures } from '../../src/nn/lpips.ts';
import { constantParameters } from '../../src/nn/parameters.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type Check, relativeError, worst } from './check.ts';
import { formulaWeights } from './formula-weights.ts';
import { entry, type GoldenFile, roundingLimit } from './golden-file.ts';

/** The constants of LPIPS 0.1: a file with others measures something else. */
const constants = { shift: [-0.03, -0.088, -0.188], scale: [0.458, 0.448, 0.45], normalise_eps: 1e-10 };

const single = ({ shape, data }: Tensor): Tensor => ({ shape: [1, ...shape], data });

export async function lpipsCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  for (const [name, wanted] of Object.entries(constants)) {
    if (JSON.stringify(golden.json(name)) !== JSON.stringify(wanted)) {
      throw expected(golden.name, `${name} ${JSON.stringify(wanted)}, as LPIPS 0.1 has it`, golden.text(name));
    }
  }
  const heads = Object.fromEntries(
    golden.tensors.filter((name) => /^lin\d$/.test(name)).map((name) => [name, golden.tensor(name)]),
  );
  const parameters = constantParameters({ ...formulaWeights(golden), ...heads });
  const pairs = golden.tensors.flatMap((name) => /^(pair\d+)\/first$/.exec(name)?.[1] ?? []);
  const [distances, layers] = [golden.tensor('distance'), golden.tensor('layers')];
  const errors: Record<'distance' | 'layers', number[]> = { distance: [], layers: [] };
  const checks: Check[] = [];
  for (const pair of pairs) {
    const index = Number(pair.slice('pair'.length));
    const images = { first: single(golden.tensor(`${pair}/first`)), second: single(golden.tensor(`${pair}/second`)) };
    const first = feed('first', images.first.shape);
    const normalised = golden.tensors.filter((name) => name.startsWith(`${pair}/first/normalised_layer`));
    const features = lpipsFeatures(first, parameters);
    const outputs = Object.fromEntries(normalised.map((name) => [name, features[Number(name.slice(-1)) - 1]]));
    const program = createProgram(pair, {
      ...lpips(first, feed('second', images.second.shape), parameters),
      ...outputs,
    });
    const executable = await runtime.load({ [pair]: program });
    const results = await executable.run(pair, images);
    await executable.release();
    errors.distance.push(Math.abs(results.distance.data[0] - distances.data[index]));
    const wanted = entry(layers, index).data;
    errors.layers.push(worst([...results.layers.data].map((value, i) => Math.abs(value - wanted[i]))));
    for (const name of normalised) {
      checks.push({ quantity: name, error: relativeError(results[name], single(golden.tensor(name))), limit: 5e-6 });
    }
  }
  return [
    ...(['distance', 'layers'] as const).map((quantity) => ({
      quantity: `${quantity} of ${pairs.length} pairs`,
      error: worst(errors[quantity]),
      limit: roundingLimit(golden, quantity),
    })),
    ...checks,
  ];
}
