/**
 * `rddm convert`: makes a model directory from a checkpoint of the reference implementation (.pt), a weights file
 * (.safetensors) or a diffusers network; prints what it found and what it had to assume. The work is done in
 * operations/convert.
 */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { saveModel } from '../adapters/node/files/files.ts';
import { readJson } from '../adapters/node/files/json-file.ts';
import { sourceFiles } from '../adapters/node/files/source-files.ts';
import { modelFileNames } from '../checkpoint/model-directory.ts';
import { objectives } from '../diffusion/objective.ts';
import { showCurve } from '../diffusion/power-curve.ts';
import { configWarnings } from '../model/config.ts';
import { secondDecoders, tasks } from '../model/config-fields.ts';
import { networkOf } from '../networks/registry.ts';
import { type Conversion, type ConversionOptions, convertModel } from '../operations/convert/convert-model.ts';
import { numberWithin, wholeNumber } from './arguments.ts';
import { printJson } from './output.ts';
import { refuseToOverwrite } from './paths.ts';

/** The options of the command. */
export interface ConvertFlags extends Omit<ConversionOptions, 'config'> {
  /** The model directory to write. */
  readonly out: string;
  /** Path of a configuration with what the weights do not show. */
  readonly config?: string;
  readonly dtype: 'float32' | 'float16';
  /** Whether to replace an existing model. */
  readonly force?: true;
}

/**
 * Makes a model directory.
 *
 * @throws RddmError if the file cannot be read or is no such network, an option contradicts it, or the model already
 *   exists; nothing is then written
 */
export async function convertFile(path: string, flags: ConvertFlags): Promise<Conversion> {
  const { out, dtype, force, config, ...options } = flags;
  const written = Object.values(modelFileNames).map((name) => join(out, name));
  await refuseToOverwrite('convert', written, force);
  const hints = config !== undefined && { config: { written: await readJson(config, 'convert'), name: config } };
  const { files, name } = await sourceFiles(path, 'convert');
  const conversion = await convertModel(files, name, { ...options, ...hints });
  const { model } = conversion;
  await saveModel(out, model.config, model.weights, { dtype });
  return conversion;
}

/** A conversion as lines of text. */
export function describeConversion(
  path: string,
  { model, network, weights, step, parameters, tensors, assumed }: Conversion,
  { out, dtype }: Pick<ConvertFlags, 'out' | 'dtype'>,
): string {
  const { config } = model;
  const { unet, schedule, sampling } = config;
  const choice = weights ? `, ${{ ema: 'averaged (ema)', model: 'trained (model)' }[weights]} weights` : '';
  const curves =
    schedule.kind === 'power' ? `, alpha ${showCurve(schedule.alpha)}, beta ${showCurve(schedule.beta)}` : '';
  const lines = [
    `${path}: ${network ? `a ${network} of diffusers` : `${step === undefined ? 'weights' : `step ${step}`}${choice}`}`,
    `networks    ${config.networks}, predicting ${config.objective}, condition ${config.condition}`,
    `unet        ${networkOf(unet).summary}`,
    `schedule    ${schedule.kind}${curves}, ${schedule.timesteps} timesteps, noise strength ${schedule.noiseStrength}`,
    ...(network ? [`sampling    ${sampling.steps} steps as DDIM, clip ${sampling.clip}`] : []),
    `parameters  ${parameters.toLocaleString('en')} in ${tensors} tensors`,
    ...(assumed.length > 0 ? [`assumed     ${assumed.join('; ')} (change with options or --config)`] : []),
    `written     ${out} (${dtype})`,
  ];
  return `${lines.join('\n')}\n`;
}

const explanation = `
Structure (networks, dim, multipliers, channels, condition) is inferred from the weights; T, the schedule (power, or
converted from DDIM) and the noise strength from the tables in a checkpoint of the reference. A checkpoint with unknown
tables is refused unless --config names the schedule. Everything else comes from the options, from --config (fields as
in config.json, all optional) or from defaults, which are listed as assumed.
A diffusers folder with a UNet2DModel (config.json and diffusion_pytorch_model.safetensors or .bin, in it or in unet/;
scheduler_config.json) has all of this itself: DDPM and DDIM networks become models that generate.
A checkpoint is read without executing anything; one that needs more than plain tensors is refused.

Examples:
  $ rddm convert model-80.pt --out my-model --task deraining
  $ rddm convert model-80.pt --out my-model --weights model --dtype float16 --force
  $ rddm convert unet.safetensors --out my-model --task shadow-removal --objective residual --noise-strength 0.01
  $ rddm convert ddpm-celebahq-256 --out faces`;

/** Adds `rddm convert` to the program. */
export function registerConvert(program: Command): void {
  program
    .command('convert')
    .summary('make a model directory from a checkpoint')
    .description(
      'Makes a model directory from a .pt checkpoint of the reference implementation, .safetensors weights, or a DDPM or ' +
        'DDIM network of diffusers.',
    )
    .argument('<checkpoint>', '.pt or .safetensors file, or diffusers folder')
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(
      new Option('--weights <which>', 'which weights of a checkpoint (default: ema if present)').choices([
        'model',
        'ema',
      ]),
    )
    .option('--config <file>', 'configuration with what the weights do not show')
    .addOption(new Option('--task <task>', 'what the model is for').choices(tasks))
    .addOption(new Option('--objective <objective>', 'what a single network predicts').choices(objectives))
    .addOption(
      new Option('--second-decoder <what>', 'what the second decoder of a shared encoder predicts').choices(
        secondDecoders,
      ),
    )
    .addOption(new Option('--groups <n>', 'groups of the group norms').argParser(wholeNumber(1)))
    .addOption(new Option('--noise-strength <x>', 'final variance of the noise').argParser(numberWithin(0, 100)))
    .addOption(
      new Option('--dtype <dtype>', 'number format of the weights').choices(['float32', 'float16']).default('float32'),
    )
    .option('--force', 'replace an existing model')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', explanation)
    .action(async (path: string, { json, ...flags }: ConvertFlags & { readonly json?: true }) => {
      const conversion = await convertFile(path, flags);
      const { model, assumed, ...found } = conversion;
      for (const warning of configWarnings(model.config)) process.stderr.write(`warning: ${warning}\n`);
      if (json) printJson({ out: flags.out, ...found, dtype: flags.dtype, assumed, config: model.config });
      else process.stdout.write(describeConversion(path, conversion, flags));
    });
}
