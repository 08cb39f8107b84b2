/**
 * `rddm train`: a model from photographs. The configuration comes from a file or a shipped preset;
 * the few options here are those that differ from run to run.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { readJson } from '../adapters/node/json-file.ts';
import { createOrtRuntime } from '../adapters/node/ort-runtime.ts';
import { readRunConfig } from '../adapters/node/run-config.ts';
import { runTraining } from '../adapters/node/training-run.ts';
import { expected } from '../math/errors.ts';
import { configWarnings } from '../model/config.ts';
import { type TrainConfig, trainConfig } from '../train/config.ts';
import { wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, formatDuration, printJson } from './output.ts';

interface TrainFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly clean?: string;
  readonly input?: string;
  readonly target?: string;
  readonly mask?: string;
  readonly exclude?: string[];
  readonly steps?: number;
  readonly seed?: number;
  readonly device: 'cpu' | 'webgpu';
  readonly json?: boolean;
}

/** Presets ship beside src and dist alike. */
const presetFolder = fileURLToPath(new URL('../../presets/', import.meta.url));
const presetNames = (): string[] => readdirSync(presetFolder).map((file) => basename(file, '.json'));

const help = (): string => `
CONFIG is a JSON file or the name of a preset (${presetNames().join(', ')}).
The options replace the configuration's own settings.

Examples:
  $ rddm train derain --clean photos --out runs/derain     clean photographs, rain is made while training
  $ rddm train my.json --input rainy --target clean --out runs/mine
                                                           pairs of the same file names in two folders
  $ rddm train --resume runs/derain                        continue after Ctrl-C, a crash or a power cut
  $ rddm restore photo.jpg --model runs/derain/model       use what was learnt so far
  $ tensorboard --logdir runs                              watch the losses

The run's directory holds train.json, checkpoint.safetensors, model/, log.jsonl, TensorBoard events and samples/.
Ctrl-C stops at the next step and saves; nothing is lost.`;

async function configuration(name: string, flags: TrainFlags): Promise<TrainConfig> {
  const preset = join(presetFolder, `${name}.json`);
  // A folder called like a preset is no configuration.
  const path = statSync(name, { throwIfNoEntry: false })?.isFile() ? name : preset;
  if (!existsSync(path)) {
    throw expected('train', `a configuration file or a preset (${presetNames().join(', ')})`, name);
  }
  const written = await readJson(path, 'train');
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw expected(path, 'a configuration, an object in JSON', JSON.stringify(written).slice(0, 40));
  }
  return trainConfig(withFlags({ ...written }, flags), path);
}

/** The options laid over what the configuration says. */
function withFlags(written: Record<string, unknown>, flags: TrainFlags): Record<string, unknown> {
  const { clean, input, target, mask, exclude, steps, seed } = flags;
  const data: Record<string, unknown> = { ...(written.data as object | undefined) };
  if ((input === undefined) !== (target === undefined)) {
    throw expected('train', '--input and --target together', input === undefined ? 'only --target' : 'only --input');
  }
  if (clean !== undefined && input !== undefined) throw expected('train', '--clean or --input with --target', 'both');
  if (clean !== undefined) {
    if (data.kind === 'images') data.folder = clean;
    else data.clean = clean;
  }
  if (input !== undefined) {
    for (const key of ['clean', 'degradation', 'folder']) delete data[key];
    Object.assign(data, { kind: 'folders', input, target });
  }
  if (mask !== undefined) data.mask = mask;
  if (exclude !== undefined) data.exclude = exclude;
  return {
    ...written,
    data,
    ...(steps !== undefined && { steps }),
    ...(seed !== undefined && { seed }),
  };
}

async function run(name: string | undefined, flags: TrainFlags): Promise<void> {
  const { resume, out } = flags;
  if (resume !== undefined && (name !== undefined || out !== undefined)) {
    throw expected(
      'train',
      '--resume RUN alone, since the run knows its configuration',
      'a configuration or --out too',
    );
  }
  const fixed = ['clean', 'input', 'target', 'mask', 'exclude', 'seed'] as const;
  const changed = resume === undefined ? undefined : fixed.find((flag) => flags[flag] !== undefined);
  if (changed !== undefined) {
    throw expected(
      'train',
      'the data and the seed that the run began with',
      `--${changed}`,
      'leave it out, or start a new run',
    );
  }
  if (resume === undefined && name === undefined) {
    throw expected('train', 'a configuration or preset, or --resume RUN', 'neither', 'see rddm help train');
  }
  if (resume === undefined && out === undefined) throw expected('train', '--out, a directory for the run', 'none');
  const directory = (resume ?? out) as string;
  const stored = resume === undefined ? undefined : await readRunConfig(directory);
  const config = stored ? trainConfig(withFlags(stored, flags), directory) : await configuration(name as string, flags);
  for (const warning of configWarnings(config.model)) process.stderr.write(`rddm: warning: ${warning}\n`);

  const runtime = createOrtRuntime({ device: flags.device });
  const began = Date.now();
  let progress: ReturnType<typeof createProgress> | undefined;
  let first = 0;
  let reached = 0;
  let model: string | undefined;
  let outcome: 'due' | 'stopped' | 'finished' = 'stopped';
  let average: number | undefined;
  try {
    const mode = resume === undefined ? 'new' : 'resume';
    for await (const event of runTraining({ config, directory, runtime, mode, signal: abortSignal() })) {
      switch (event.kind) {
        case 'opened':
          first = event.step;
          reached = event.step;
          progress = createProgress('training', config.steps, { start: event.step, unit: 'step' });
          progress.log(
            `${event.pictures} pictures, ${(event.parameters / 1e6).toFixed(2)} M parameters, ` +
              (event.step > 0 ? `continuing after step ${event.step}` : 'starting from random weights'),
          );
          break;
        case 'step':
          // A single loss is noise; people want to see where it goes.
          reached = event.step;
          average = average === undefined ? event.loss : 0.98 * average + 0.02 * event.loss;
          progress?.update(event.step, `loss ${average.toFixed(4)}`);
          break;
        case 'saved':
          model = event.model;
          outcome = event.reason;
          break;
        case 'samples':
          progress?.log(`step ${event.step}: ${event.path}`);
          break;
        case 'warning':
          progress?.log(`rddm: warning: ${event.message}`);
          break;
      }
    }
  } finally {
    progress?.end();
    await runtime.close();
  }
  const seconds = (Date.now() - began) / 1000;
  if (flags.json) {
    printJson({
      run: directory,
      model,
      outcome,
      steps: reached,
      of: config.steps,
      startedAt: first,
      loss: average,
      seconds,
    });
  } else if (outcome !== 'finished') {
    process.stdout.write(`stopped after step ${reached}; continue with: rddm train --resume ${directory}\n`);
  } else {
    process.stdout.write(`trained in ${formatDuration(seconds)}: ${model}\n`);
  }
  abortSignal().throwIfAborted();
}

/** Adds `rddm train`. */
export function registerTrain(program: Command): void {
  program
    .command('train')
    .description('train a model on photographs')
    .argument('[config]', 'a JSON file or the name of a preset')
    .option('-o, --out <dir>', 'directory for the run')
    .option('--resume <run>', 'continue the run in this directory')
    .option('--clean <dir>', 'clean photographs; the degradation of the configuration makes the input')
    .option('--input <dir>', 'degraded pictures, paired by file name with --target')
    .option('--target <dir>', 'clean pictures')
    .option('--mask <dir>', 'masks, paired by file name')
    .option('--exclude <name...>', 'file names to keep out, for example for validation')
    .option('--steps <n>', 'optimiser steps', wholeNumber(1))
    .option('--seed <n>', 'decides every random number', wholeNumber())
    .addOption(new Option('--device <name>', 'where to compute').choices(['cpu', 'webgpu']).default('cpu'))
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', help)
    .action(run);
}
