/** The child that makes training batches like `rddm train derain`, without waiting for training. */
import { openDataset } from '../../src/adapters/node/runs/dataset.ts';
import { createLoader } from '../../src/adapters/node/runs/loader.ts';
import { serve, timed } from '../serve.ts';

await serve(async (task) => {
  if (task.kind !== 'loader') throw new Error(`expected a loader, got ${task.kind}`);
  const { photographs, crop, batch, batches, cacheBytes } = task;
  const degradation = { kind: 'rain' } as const;
  const dataset = await openDataset({ kind: 'degraded', clean: photographs, crop, scale: [0.3, 1], degradation });
  const loader = createLoader({ dataset, batch, channels: 3, timesteps: 1000, seed: 1, cacheBytes });
  let first = 0;
  return {
    run() {
      // Skips ahead, so that no batch of this run was made before the clock started.
      first += 2 * batches;
      return timed(async () => {
        for (let step = first; step < first + batches; step++) await loader.batch(step);
      });
    },
  };
});
