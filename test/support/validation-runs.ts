/** Small runs that are validated, for the tests of validation. */
import { join } from 'node:path';
import { writeImage } from '../../src/adapters/node/pictures/images.ts';
import type { TrainingRunEvent } from '../../src/adapters/node/runs/training-run.ts';
import { createRandom } from '../../src/math/random.ts';
import type { TrainConfig, TrainConfigInput } from '../../src/train/config.ts';
import { configOf, folderOf, run, unet } from './training-runs.ts';

/** Pairs of 16 x 16 pixels, the size of a square, so that a square is a whole picture: clean, and darker with noise. */
export async function pairs(names: readonly string[]): Promise<{ input: string; target: string }> {
  const [input, target] = [await folderOf([]), await folderOf([])];
  for (const name of names) {
    const random = createRandom(0, ['validation run', name]);
    const slope = random.between(1, 9);
    const size = { width: 16, height: 16, channels: 3 as const };
    const clean = Uint8Array.from({ length: 768 }, (_, i) => 120 + 60 * Math.sin((slope * i) / 50));
    await writeImage(join(target, name), { ...size, data: clean });
    const noisy = clean.map((value) => Math.max(0, value - 40 + random.integer(20)));
    await writeImage(join(input, name), { ...size, data: noisy });
  }
  return { input, target };
}

export const learnt = await pairs(['a.png', 'b.png', 'c.png']);
export const held = await pairs(['x.png', 'y.png']);

/** A run of a few steps on the first pairs, validated on the others. */
export const validated = (fields: Partial<TrainConfigInput> = {}): TrainConfig =>
  configOf({
    data: { kind: 'folders', ...learnt, crop: 8 },
    model: { unet, sampling: { steps: 1 }, schedule: { noiseStrength: 0 } },
    validation: { ...held, count: 2 },
    steps: 6,
    ...fields,
  });

/** The events of a run, without those of steps. */
export async function events(config: TrainConfig, directory: string, mode: 'new' | 'resume' = 'new') {
  const told: TrainingRunEvent[] = [];
  await run(config, directory, mode, (event) => told.push(event));
  return told.filter(({ kind }) => kind !== 'step');
}
