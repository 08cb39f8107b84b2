/** The child that makes training batches as `rddm train derain` does, with nobody to wait for. */
import { openDataset } from '../../src/adapters/node/dataset.ts';
import { createLoader } from '../../src/adapters/node/loader.ts';
import { serve, timed } from '../serve.ts';

await serve(async (task) => {
  if (task.kind !== 'loader') throw new Error(`no loader: ${task.kind}`);
  const { photographs, crop, batch, batches, cacheBytes } = task;
  const degradation = { kind: 'rain' } as const;
  const dataset = await openDataset({ kind: 'degraded', clean: photographs, crop, scale: [0.3, 1], degradation });
  const loader = createLoader({ dataset, batch, channels: 3, timesteps: 1000, seed: 1, cacheBytes });
  let step = 0;
  return {
    run: () =>
      timed(async () => {
        for (const end = step + batches; step < end; step++) await loader.batch(step);
      }),
  };
});
