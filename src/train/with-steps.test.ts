import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { trainConfig } from './config.ts';
import { withSteps } from './with-steps.ts';

const data = { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } };

test('at any lengths the result is valid, and no warmup grows', () => {
  const whole = (min: number, max: number) => fc.integer({ min, max });
  fc.assert(
    fc.property(whole(2, 5000), whole(1, 9000), whole(0, 4999), whole(0, 9000), (own, steps, warmup, average) => {
      const written = trainConfig({
        data,
        steps: own,
        optimiser: { warmup: Math.min(warmup, own - 1) },
        average: { warmup: average },
      });
      const { config, changes } = withSteps(written, steps);
      assert.deepEqual(trainConfig(config), config);
      assert.ok(config.optimiser.warmup <= written.optimiser.warmup && config.average.warmup <= average);
      const changed = ['optimiser', 'average'] as const;
      assert.equal(changes.length, changed.filter((name) => config[name].warmup !== written[name].warmup).length);
    }),
  );
});
