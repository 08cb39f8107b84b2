/**
 * `rddm convert`: a checkpoint of the reference implementation (.pt), a file of weights (.safetensors) or a network of
 * diffusers becomes a model directory; prints what was found in it and what had to be assumed. The work is done in conversion.ts.
 */
import { type Command, Option } from 'commander';
import { objectives } from '../diffusion/objective.ts';
import { showCurve } from '../diffusion/power-curve.ts';
import { describeUnet } from '../model/architecture.ts';
import { configWarnings } from '../model/config.ts';
import { secondDecoders, tasks } from '../model/config-fields.ts';
import { numberWithin, wholeNumber } from './arguments.ts';
import { type Conversion, type ConversionOptions, convertCheckpoint } from './conversion.ts';
import { printJson } from './output.ts';

interface Flags extends ConversionOptions {
  readonly json?: true;
}

/** A conversion as plain lines. */
export function describeConversion(path: string, conversion: Conversion): string {
  const { config, network, weights, step, parameters, tensors, assumed, out, dtype } = conversion;
  const { unet, schedule, sampling } = config;
  const choice = weights ? `, ${{ ema: 'averaged (ema)', model: 'trained (model)' }[weights]} weights` : '';
  const curves =
    schedule.kind === 'power' ? `, alpha ${showCurve(schedule.alpha)}, beta ${showCurve(schedule.beta)}` : '';
  const lines = [
    `${path}: ${network ? `a ${network} of diffusers` : `${step === undefined ? 'weights' : `step ${step}`}${choice}`}`,
    `networks    ${config.networks}, predicting ${config.objective}, condition ${config.condition}`,
    `unet        ${describeUnet(unet)}`,
    `schedule    ${schedule.kind}${curves}, ${schedule.timesteps} timesteps, noise strength ${schedule.noiseStrength}`,
    ...(network ? [`sampling    ${sampling.steps} steps as DDIM, clip ${sampling.clip}`] : []),
    `parameters  ${parameters.toLocaleString('en')} in ${tensors} tensors`,
    ...(assumed.length > 0 ? [`assumed     ${assumed.join('; ')} (options or --config say otherwise)`] : []),
    `written     ${out} (${dtype})`,
  ];
  return `${lines.join('\n')}\n`;
}

const explanation = `
Structure (networks, dim, multipliers, channels, condition) is read off the weights; T, the schedule (power, or converted
from DDIM) and the noise strength off the tables in a checkpoint of the reference, which is refused where they are of
another and --config names none. What neither shows comes from the options or from
--config (fields as in config.json, all optional), else from defaults, and is listed as assumed.
A folder of diffusers with a UNet2DModel (config.json and diffusion_pytorch_model.safetensors or .bin, in it or in unet/;
scheduler_config.json) says all of this itself: DDPM and DDIM networks become models that generate.
A checkpoint is read without executing anything: one that asks for more than plain tensors is refused.

Examples:
  $ rddm convert model-80.pt --out my-model --task deraining
  $ rddm convert model-80.pt --out my-model --weights model --dtype float16 --force
  $ rddm convert unet.safetensors --out my-model --task shadow-removal --objective residual --noise-strength 0.01
  $ rddm convert ddpm-celebahq-256 --out faces`;

/** Adds `rddm convert` to the program. */
export function registerConvert(program: Command): void {
  program
    .command('convert')
    .summary('make a model directory of a checkpoint')
    .description(
      'Makes a model directory of a .pt checkpoint of the reference implementation, of .safetensors weights, or of a DDPM or ' +
        'DDIM network of diffusers.',
    )
    .argument('<checkpoint>', '.pt or .safetensors file, or folder of diffusers')
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
    .option('--force', 'replace a model that is there')
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', explanation)
    .action(async (path: string, { json, ...options }: Flags) => {
      const conversion = await convertCheckpoint(path, options);
      for (const warning of configWarnings(conversion.config)) process.stderr.write(`warning: ${warning}\n`);
      if (json) printJson(conversion);
      else process.stdout.write(describeConversion(path, conversion));
    });
}
