/**
 * `rddm quantize`: makes a model whose convolutions multiply 8-bit integers on the CPU from a float32 model and
 * photographs; prints the loss and the gain. The work is done in operations/quantize.ts.
 */
import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readBytes, saveModel } from '../adapters/node/files/files.ts';
import { openModel } from '../adapters/node/files/open-model.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { picturesOnDisk } from '../adapters/node/runs/pictures-on-disk.ts';
import { modelFileNames } from '../checkpoint/model-directory.ts';
import { numberFormats } from '../checkpoint/safetensors.ts';
import { expected } from '../math/errors.ts';
import {
  checkQuantizable,
  type QuantizationOptions,
  type QuantizedModel,
  quantizeModel,
} from '../operations/quantize.ts';
import { wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, formatTable, type Progress, printJson } from './output.ts';
import { refuseToOverwrite } from './paths.ts';

interface Flags extends QuantizationOptions {
  readonly out: string;
  readonly json?: true;
  readonly force?: true;
}

/** The loss in dB from which a warning is printed; less is hard to see. */
const MUCH = 0.2;

function describe({ layers, photographs, compared }: QuantizedModel, out: string): string {
  const rows = Object.entries(compared).map(([arithmetic, measured]) => ({ arithmetic, ...measured }));
  const table = formatTable(rows, [
    { title: 'arithmetic', value: ({ arithmetic }) => arithmetic },
    { title: 'PSNR', value: ({ psnr }) => psnr },
    { title: 's a square', value: ({ seconds }) => seconds },
  ]);
  const { float32, '8-bit': eightBit } = compared;
  const loss = float32.psnr - eightBit.psnr;
  const lines = [
    `${out}: ${layers} convolutions in 8 bits, ranges from ${photographs.seen} photographs`,
    `${(float32.seconds / eightBit.seconds).toFixed(2)} times as fast, ${loss.toFixed(2)} dB lost, on ${photographs.compared} others`,
    ...(loss > MUCH ? [`that is a lot: more photographs like those to restore, or more --squares, may help`] : []),
  ];
  return `${table}\n${lines.join('\n')}\n`;
}

/** The folders with full paths. */
const wholePaths = ({ clean, input, target, mask }: QuantizationOptions): Partial<QuantizationOptions> =>
  Object.fromEntries(
    Object.entries({ clean, input, target, mask }).flatMap(([key, path]) => (path ? [[key, resolve(path)]] : [])),
  );

async function quantize(name: string, { out, json, force, ...options }: Flags): Promise<void> {
  const { directory, ...model } = await openModel(name, 'quantize');
  const subject = { ...model, title: directory };
  checkQuantizable(subject, options);
  if (relative(directory, out) === '') {
    throw expected(
      'quantize',
      'an --out other than the model itself',
      out,
      'keep the float32 model: it is needed again',
    );
  }
  const files = Object.values(modelFileNames).map((file) => join(out, file));
  await refuseToOverwrite('quantize', files, force);
  const weightsFile = join(directory, modelFileNames.weights);
  const dtypes = numberFormats(await readBytes(weightsFile, 'quantize'), weightsFile);
  const dtype = dtypes.every((type) => type === 'float16') ? 'float16' : 'float32';
  const runtime = openRuntime('cpu');
  let progress: Progress | undefined;
  try {
    const means = { runtime, pictures: picturesOnDisk };
    const run = { ...options, ...wholePaths(options), signal: abortSignal() };
    for await (const event of quantizeModel(subject, means, run)) {
      if (event.kind === 'square') {
        progress ??= createProgress('quantizing', event.of, { unit: 'square' });
        progress.update(event.done);
        continue;
      }
      progress?.end();
      await saveModel(out, event.config, model.weights, { dtype });
      const { kind: _, config: __, ...report } = event;
      if (json) printJson({ format: 'rddm-quantization', version: 1, model: directory, out, ...report });
      else process.stdout.write(describe(event, out));
    }
  } finally {
    progress?.end();
    await runtime.close();
  }
}

const explanation = `
MODEL is a model directory or the name of a shipped model. The result is a model directory with the same weights, and
with the range of the inputs and outputs of each convolution; rddm restore, sample, evaluate and info accept it, on the CPU.
Ranges are measured by restoring squares of photographs like those the model is for: clean ones, which get the model's
training degradation, or pairs. Every fourth photograph is held out, and both models are compared on those.

Examples:
  $ rddm quantize derain --clean photos --out derain-8bit
  $ rddm quantize my-model --input rainy --target clean --out my-model-8bit --squares 64`;

/** Adds `rddm quantize` to the program. */
export function registerQuantize(program: Command): void {
  program
    .command('quantize')
    .summary('make a model fast on the CPU, in 8-bit arithmetic')
    .description('Makes a model whose convolutions multiply 8-bit integers, which is faster on the CPU.')
    .argument('<model>', 'model directory, or name of a shipped model')
    .requiredOption('--out <dir>', 'model directory to write')
    .option('--clean <folder>', 'clean photographs, which get the training degradation')
    .option('--input <folder>', 'degraded pictures, with --target')
    .option('--target <folder>', 'clean pictures with the same names')
    .option('--mask <folder>', 'masks with the same names, for a model that needs them')
    .addOption(
      new Option('--squares <n>', 'squares of photographs for measuring ranges').default(32).argParser(wholeNumber(1)),
    )
    .addOption(new Option('--size <n>', 'their side in pixels').default(128).argParser(wholeNumber(8)))
    .addOption(new Option('--seed <n>', 'random seed of the squares').default(0).argParser(wholeNumber()))
    .option('--json', 'print the result as JSON')
    .option('--force', 'replace an existing model')
    .addHelpText('after', explanation)
    .action(quantize);
}
