/** `unet-*`: outputs, loss and every gradient of one U-Net. */

import { matchWeights } from '../../src/checkpoint/match.ts';
import { add, constant, feed } from '../../src/graph/build.ts';
import { gradient } from '../../src/graph/gradient.ts';
import type { Node } from '../../src/graph/node.ts';
import { createProgram } from '../../src/graph/program.ts';
import { stateParameters } from '../../src/nn/parameters.ts';
import { timeEmbedding } from '../../src/nn/time-embedding.ts';
import { unet } from '../../src/nn/unet.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { errorOf } from '../../src/train/losses.ts';
import { type Check, relativeError, relativeL2, worst } from './check.ts';
import { type GoldenFile, lossKind, unetSizes } from './golden-file.ts';

export async function networkCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const x = golden.tensor('x');
  const outputCount = golden.number('outputs');
  const kind = lossKind(golden);
  const sizes = unetSizes(golden);
  const { parameters, nodes } = stateParameters();
  const embedding = timeEmbedding(golden.numbers('time'), sizes.dim);
  const outChannels = golden.tensor('output0').shape[1];
  const outputs = unet(
    feed('x', x.shape),
    feed('time', embedding.shape),
    { ...sizes, outChannels },
    outputCount === 2 ? 'shared-encoder' : 'one',
    parameters,
  );
  const losses = outputs.map((output, i) => errorOf(kind, output, constant(golden.tensor(`target${i}`))));
  const loss = losses.reduce((total, one) => add(total, one));
  const ends: Record<string, Node> = { loss };
  outputs.forEach((output, i) => {
    ends[`output${i}`] = output;
  });
  const gradients = gradient(loss, [...nodes.values()]);
  [...nodes.keys()].forEach((name, i) => {
    ends[`grad/${name}`] = gradients[i];
  });

  const shapes = Object.fromEntries([...nodes].map(([name, node]) => [name, node.shape]));
  const weights = matchWeights(shapes, golden.under('param/'), golden.name);
  const executable = await runtime.load({ main: createProgram(golden.name, ends) }, weights);
  const given = await executable.run('main', { x, time: embedding });
  await executable.release();

  return [
    {
      quantity: 'outputs',
      error: worst(outputs.map((_, i) => relativeError(given[`output${i}`], golden.tensor(`output${i}`)))),
      limit: 1e-4,
    },
    { quantity: 'loss', error: relativeError({ ...given.loss, shape: [1] }, golden.tensor('loss')), limit: 1e-4 },
    {
      quantity: `${nodes.size} gradients`,
      error: worst(
        [...nodes.keys()].map((name) => relativeL2(given[`grad/${name}`], golden.tensor(`grad/${name}`), 1e-5, 1e-3)),
      ),
      limit: 1e-3,
    },
  ];
}
