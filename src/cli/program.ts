/**
 * The command line as a whole: one file per command, listed here in the order in which a newcomer needs them.
 */
import { readFileSync } from 'node:fs';
import { Command, type Option } from 'commander';
import { inPackage } from '../adapters/node/package-root.ts';
import { printable } from '../math/show.ts';
import { registerConvert } from './convert.ts';
import { registerDegrade } from './degrade.ts';
import { registerEvaluate } from './evaluate.ts';
import { registerExperiment } from './experiment.ts';
import { registerFid } from './fid.ts';
import { registerInfo } from './info.ts';
import { registerQuantize } from './quantize.ts';
import { registerRestore } from './restore.ts';
import { registerSample } from './sample.ts';
import { registerSamplingTopic } from './sampling-topic.ts';
import { registerTrain } from './train.ts';

const examples = `
Examples:
  $ rddm restore photo.jpg --side-by-side             a rainy photograph, with the shipped model
  $ rddm train derain --clean photos --out runs/mine  your own model from photographs
  $ rddm degrade rain photos --out rainy              photographs with seeded rain, to try models on
  $ rddm evaluate rainy photos                        the difference of two folders: PSNR, SSIM, Lab
  $ rddm fid generated photos                         FID and Inception Score of generated pictures
  $ rddm convert model.pt --out my-model              a checkpoint of the reference implementation
  $ rddm quantize derain --clean photos --out quick   the same model in 8-bit arithmetic, faster on the CPU
  $ rddm info derain                                  a model's description and size
  $ rddm help evaluate                                everything about one command
  $ rddm help sampling                                the options of the reverse process, explained

Exit codes: 0 done; 1 cannot be done, one sentence says why; 2 wrong usage; 70 a bug in rddm; 130 stopped by Ctrl-C.`;

/** The version of the package. */
function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8'));
  return version;
}

/** `where to compute (cpu, webgpu; default: cpu)`: shorter than commander's own text, so that options fit on a line. */
function describeOption({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const hasDefault = defaultValue !== undefined && typeof defaultValue !== 'boolean';
  const extra = [
    ...(argChoices ? [argChoices.join(', ')] : []),
    ...(hasDefault ? [`default: ${defaultValueDescription ?? defaultValue}`] : []),
  ].join('; ');
  if (extra === '') return description;
  // A default in words is already part of the description: `format (default: …)`.
  const [, words, inWords] = description.match(/^(.*) \((default: .*)\)$/) ?? [undefined, description, ''];
  return `${words} (${[extra, ...(inWords ? [inWords] : [])].join('; ')})`;
}

/** Builds the program with all its commands; parsing it throws CommanderError instead of exiting. */
export function buildProgram(): Command {
  const program = new Command('rddm')
    .description('Residual Denoising Diffusion Models: train on photographs, restore photographs.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ optionDescription: describeOption })
    .showHelpAfterError('(rddm --help lists the commands, rddm help <command> explains one)')
    .addHelpText('after', examples)
    .configureOutput({ outputError: (text, write) => write(text.split('\n').map(printable).join('\n')) })
    .exitOverride();
  registerRestore(program);
  registerTrain(program);
  registerDegrade(program);
  registerEvaluate(program);
  registerFid(program);
  registerInfo(program);
  registerConvert(program);
  registerQuantize(program);
  registerSample(program);
  registerExperiment(program);
  registerSamplingTopic(program);
  return program;
}
