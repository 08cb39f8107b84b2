/**
 * `rddm train`: a model from photographs. The configuration comes from a file, a shipped preset or a recipe;
 * the few options here are those that differ from run to run.
 */
import { basename, dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { openModel } from '../adapters/node/files/open-model.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { runTraining } from '../adapters/node/runs/training-run.ts';
import { degradations } from '../data/degrade/degradation.ts';
import { expected } from '../math/errors.ts';
import type { InitialModel } from '../operations/train/initial-model.ts';
import type { RunSettings } from '../operations/train/settings.ts';
import type { BestModel } from '../operations/train/training-run.ts';
import { trainWarnings } from '../train/config-warnings.ts';
import { positiveNumber, wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, formatDuration, printJson } from './output.ts';
import { newConfiguration, presetNames, recipeNames, resumedConfiguration } from './train-configuration.ts';
import { bestLine, validationDetail, validationLine } from './validation-text.ts';

interface TrainFlags extends RunSettings {
  readonly out?: string;
  readonly resume?: string;
  readonly init?: string;
  readonly json?: boolean;
}

const help = (): string => `
CONFIG is a JSON file or the name of a preset (${presetNames().join(', ')}),
or of a recipe for a small network that restores in one step (${recipeNames().join(', ')}). Without it, a small network
learns from the pictures that the options name (recipes/restoration). The options replace the configuration's own settings.

Examples:
  $ rddm train --input rainy --target clean --out runs/mine
                                                           pairs of the same file names in two folders
  $ rddm train --clean photos --degrade rain --out runs/derain
                                                           clean photographs; rain is drawn while training
  $ rddm train shadow-removal --data ISTD --out runs/istd  a data set of the paper, as it is unpacked
  $ rddm train inpainting --data CelebA-HQ --mask masks --out runs/holes
                                                           masks out of a folder, drawn at random
  $ rddm train --clean photos --degrade rain --validate 0.1 --out runs/derain
                                                           a tenth of the photographs is held back and scored
  $ rddm train --input rainy --target clean --validate test/rainy test/clean --out runs/mine
                                                           pairs that are never learnt are scored
  $ rddm train my.json --init runs/derain/best --out runs/more
                                                           start from the weights of a model of the same network
  $ rddm train my.json --out runs/my                       a configuration of your own
  $ rddm train --resume runs/derain                        continue after Ctrl-C, a crash or a power cut
  $ rddm train --resume runs/derain --steps 8000           the same with more steps: the learning rate follows the new length
  $ rddm train --resume runs/derain --learning-rate 0.0003
                                                           the same after a loss that was not finite
  $ rddm restore photo.jpg --model runs/derain/model       use what was learnt so far
  $ tensorboard --logdir runs                              watch the losses

With "objective": "automatic" in the configuration, the run first finds out whether the network should predict the
residual or the noise (the paper's algorithm 2, AOSA): while one network learns both, lambda, which log.jsonl and
TensorBoard show, turns from 0.5 to one of them. Beyond 0.51 it is the residual, below 0.49 the noise; then the network
starts anew and learns that alone. --steps counts the steps of both; the model says what was chosen. At learning rates
above the paper's 8e-5 give lambda a share of the rate, "selection": { "rate": 0.08 } at 1e-3: at the full rate it decides
before anything is learnt.

With --validate (or "validation" in the configuration) the averaged weights restore squares of pictures that are not
trained on, at every checkpoint and at the end. Their mean PSNR and SSIM stand beside those of the untouched inputs in
the output, log.jsonl and TensorBoard, and the weights with the highest PSNR so far are kept in best/.

The run's directory holds train.json, checkpoint.safetensors, model/, log.jsonl, TensorBoard events and samples/, with
validation also best/.
Ctrl-C stops at the next step and saves; nothing is lost.`;

/** The weights of a model, by the last part of its path; one of a run is called by the run. */
async function initialModel(name: string): Promise<InitialModel> {
  const { directory, weights } = await openModel(name, 'train');
  const path = resolve(directory);
  const isOfRun = ['model', 'best'].includes(basename(path));
  return { name: isOfRun ? `${basename(dirname(path))}/${basename(path)}` : basename(path), weights };
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
  if (resume !== undefined && flags.init !== undefined) {
    throw expected('train', '--init for a new run', 'one that goes on too', 'it has its own weights: leave out --init');
  }
  const { config, notes } =
    resume === undefined ? await newConfiguration(name, flags) : await resumedConfiguration(resume, flags);
  const directory = resume ?? out;
  if (directory === undefined) throw expected('train', '--out, a directory for the run', 'none');
  const init = flags.init === undefined ? undefined : await initialModel(flags.init);
  const warnings = trainWarnings(config).map((warning) => `warning: ${warning}`);
  for (const note of [...notes, ...warnings]) process.stderr.write(`rddm: ${note}\n`);

  const runtime = openRuntime(config.device);
  const began = Date.now();
  let progress: ReturnType<typeof createProgress> | undefined;
  let first = 0;
  let reached = 0;
  let model: string | undefined;
  let outcome: 'due' | 'stopped' | 'finished' = 'stopped';
  let average: number | undefined;
  let best: BestModel | undefined;
  let validation = '';
  try {
    const mode = resume === undefined ? 'new' : 'resume';
    for await (const event of runTraining({ config, directory, runtime, mode, init, signal: abortSignal() })) {
      switch (event.kind) {
        case 'opened':
          first = event.step;
          reached = event.step;
          progress = createProgress('training', config.steps, { start: event.step, unit: 'step' });
          progress.log(
            `${event.pictures} pictures${event.held > 0 ? ` (and ${event.held} to validate on)` : ''}, ${(event.parameters / 1e6).toFixed(2)} M parameters, ` +
              (event.step > 0
                ? `continuing after step ${event.step}`
                : `starting from ${init?.name ?? config.init?.model ?? 'random weights'}`),
          );
          break;
        case 'step':
          // A single loss is noise; people want to see where it goes.
          reached = event.step;
          average = average === undefined ? event.loss : 0.98 * average + 0.02 * event.loss;
          progress?.update(event.step, `loss ${average.toFixed(4)}${validation}`);
          break;
        case 'chosen':
          progress?.log(
            `step ${event.step}: the network will predict the ${event.objective} (lambda ${event.lambda.toFixed(4)}), and starts anew`,
          );
          average = undefined;
          break;
        case 'saved':
          model = event.model;
          outcome = event.reason;
          best = event.best;
          break;
        case 'validated':
          validation = `, ${validationDetail(event)}`;
          progress?.log(validationLine(event));
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
      ...(best && { best }),
      seconds,
    });
  } else if (outcome !== 'finished') {
    process.stdout.write(`stopped after step ${reached}; continue with: rddm train --resume ${directory}\n`);
  } else if (model === undefined) {
    process.stdout.write(
      `no model after ${reached} steps, all of which went into choosing its objective; go on with: rddm train --resume ${directory} --steps ${2 * reached}\n`,
    );
  } else {
    process.stdout.write(`trained in ${formatDuration(seconds)}: ${model}\n${best ? bestLine(best) : ''}`);
  }
  abortSignal().throwIfAborted();
}

/** Adds `rddm train`. */
export function registerTrain(program: Command): void {
  program
    .command('train')
    .summary('train a model on photographs')
    .description('Trains a model on photographs.')
    .argument('[config]', 'a JSON file, or the name of a preset or recipe')
    .option('-o, --out <dir>', 'directory for the run')
    .option('--resume <run>', 'continue the run in this directory')
    .option('--init <model>', 'start from the weights of this model, of the same network, in place of random ones')
    .option('--data <dir>', 'a data set as published: ISTD, LOL, GoPro, RainDrop, CelebA, CelebA-HQ or AFHQ')
    .option('--clean <dir>', 'clean photographs; the input is made by --degrade or as the configuration says')
    .addOption(
      new Option('--degrade <kind>', 'what makes the input of clean photographs').choices(Object.keys(degradations)),
    )
    .option('--input <path>', 'degraded pictures, paired by file name with --target; or a list of them (.flist)')
    .option('--target <path>', 'clean pictures, or a list of them')
    .option('--mask <path>', 'masks, paired by file name, or a list of them; drawn at random with clean pictures')
    .option(
      '--validate <what...>',
      'score the model on other pictures: a folder, INPUT TARGET [MASK], or a share held back',
    )
    .option('--exclude <name...>', 'file names to keep out, for example for validation')
    .option('--steps <n>', 'optimiser steps; warmups that no longer fit become shorter', wholeNumber(1))
    .option('--learning-rate <x>', 'the largest learning rate', positiveNumber)
    .option('--seed <n>', 'decides every random number', wholeNumber())
    .addOption(
      new Option('--device <name>', "where to compute (default: the run's or the configuration's, else cpu)").choices([
        'cpu',
        'webgpu',
      ]),
    )
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', help)
    .action(run);
}
