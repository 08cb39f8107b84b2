/**
 * Shared by tests: training runs of networks with a few hundred weights, on the CPU runtime. Everything is in one
 * temporary folder, which is removed with the process.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after } from 'node:test';
import { createOrtRuntime } from '../../src/adapters/node/ort/runtime.ts';
import { writeImage } from '../../src/adapters/node/pictures/images.ts';
import { runTraining, type TrainingRunEvent } from '../../src/adapters/node/runs/training-run.ts';
import type { Image } from '../../src/data/image.ts';
import { createRandom } from '../../src/math/random.ts';
import { type TrainConfig, type TrainConfigInput, trainConfig } from '../../src/train/config.ts';

export const root = mkdtempSync(join(tmpdir(), 'rddm-run-'));
export const runtime = createOrtRuntime({ threads: 1 });
after(async () => {
  await runtime.close();
  rmSync(root, { recursive: true, force: true });
});

let count = 0;
/** A new path in the temporary folder. */
export const fresh = (name: string): string => join(root, `${name}-${count++}`);

export function picture(seed: number, channels: 1 | 3 = 3): Image {
  const random = createRandom(seed, ['training run test']);
  const data = Uint8Array.from({ length: 24 * 20 * channels }, () => random.integer(256));
  return { width: 24, height: 20, channels, data };
}

/** A new folder of pictures with these names. */
export async function folderOf(names: readonly string[], channels: 1 | 3 = 3): Promise<string> {
  const folder = fresh('pictures');
  mkdirSync(folder);
  for (const [i, name] of names.entries()) await writeImage(join(folder, name), picture(i, channels));
  return folder;
}

export const photos = await folderOf(['a.png', 'b.png']);
export const unet = { dim: 4, multipliers: [1], groups: 2 };
export const data = (clean: string) => ({ kind: 'degraded', clean, crop: 8, degradation: { kind: 'rain' } }) as const;

export const configOf = (fields: Partial<TrainConfigInput> = {}): TrainConfig =>
  trainConfig({
    model: { unet, sampling: { steps: 1 } },
    data: data(photos),
    steps: 4,
    batch: 2,
    accumulation: 1,
    optimiser: { learningRate: 1e-3 },
    logEvery: 1,
    checkpointEvery: 2,
    sampleEvery: 0,
    ...fields,
  });

/** What to do at a run's events, for example stop it. */
export type Listener = (event: TrainingRunEvent, stop: () => void) => void;

export async function run(
  config: TrainConfig,
  directory: string,
  mode: 'new' | 'resume' = 'new',
  listen: Listener = () => {},
) {
  const controller = new AbortController();
  const told: string[] = [];
  for await (const event of runTraining({ config, directory, runtime, mode, signal: controller.signal })) {
    told.push(event.kind === 'saved' ? `${event.reason} ${event.step}` : `${event.kind} ${event.step}`);
    listen(event, () => controller.abort());
  }
  return told;
}

export const stopAt =
  (step: number): Listener =>
  (event, stop) => {
    if (event.kind === 'step' && event.step === step) stop();
  };

/** Every file below a folder, with its bytes and its modification time. */
export function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [relative(folder, path), `${statSync(path).mtimeMs} ${readFileSync(path, 'base64')}`];
    }),
  );
}

/** The files of a run; the event file's name contains the time. */
export const files = (directory: string): string[] =>
  Object.keys(contents(directory))
    .map((path) => path.replaceAll('\\', '/').replace(/tfevents\.\d+\./, 'tfevents.N.'))
    .sort();

export const bytes = (directory: string, ...path: string[]): Buffer => readFileSync(join(directory, ...path));

export const values = (directory: string): unknown[] =>
  bytes(directory, 'log.jsonl')
    .toString()
    .trim()
    .split('\n')
    .map((line) => {
      const { step, values } = JSON.parse(line);
      return { step, values };
    });
