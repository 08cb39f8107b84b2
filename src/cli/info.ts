/**
 * `rddm info`: what a model is, where its weights come from, its size by both common counts, and which provider runs
 * its operators. The work is done in operations/inspect.
 */
import { type Command, Option } from 'commander';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { showCurve } from '../diffusion/power-curve.ts';
import { expected } from '../math/errors.ts';
import { configWarnings, type ModelConfig } from '../model/config.ts';
import { networkOf } from '../networks/registry.ts';
import { type Placeable, type PlacedProgram, placeable, placeOperators } from '../operations/inspect/placement.ts';
import { countModel, fittingSize, type NamedCount, type Size } from '../operations/inspect/size.ts';
import type { Subject, WeightsFile } from '../operations/inspect/subject.ts';
import { type Device, devices } from '../runtime/runtime.ts';
import { pictureSize } from './arguments.ts';
import { findSubject } from './find-subject.ts';
import { formatTable, printJson } from './output.ts';

interface Flags {
  readonly size: Size;
  readonly placement?: true;
  readonly device?: Device;
  readonly program?: Placeable;
  readonly json?: true;
}

/** `36.26 M`; `cut` truncates digits instead of rounding. */
function inUnits(value: number, digits: number, rounding: 'rounded' | 'cut' = 'rounded'): string {
  const units = ['', 'K', 'M', 'G', 'T'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  const shown = rounding === 'cut' ? Math.floor(scaled * 10 ** digits) / 10 ** digits : scaled;
  return power === 0 ? String(value) : `${shown.toFixed(digits)} ${units[power]}`;
}

/** Nested records as `[path, value]` pairs, with the path in words. */
function leaves(value: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, part]) => leaves(part, [...path, key]));
  }
  return [[path.join(' '), typeof value === 'string' ? value : JSON.stringify(value)]];
}

function describeWeights({ name, bytes, tensors, dtypes, choice, step }: WeightsFile): string {
  const kind = choice && { ema: 'averaged (ema) weights', model: 'trained (model) weights' }[choice];
  const parts = [name, `${(bytes / 1e6).toFixed(2)} MB`, ...dtypes, `${tensors} tensors`];
  return [...parts, ...(kind ? [kind] : []), ...(step === undefined ? [] : [`step ${step}`])].join(', ');
}

function trainingLines({ kind, config }: Subject): [string, string][] {
  if (config.training) {
    return leaves(config.training).map(([name, value], index) => [index === 0 ? 'training' : '', `${name} ${value}`]);
  }
  return kind === 'model' ? [['training', 'the origin of these weights is not recorded']] : [];
}

/** Differences from the paper's reverse process. */
const describeWay = ({ times, method, update, variance }: ModelConfig['sampling']): string =>
  [
    times === 'linspace' ? '' : `, times ${times}`,
    method === undefined ? '' : `, by the ${method === 'residual-noise' ? 'residual and the noise' : method}`,
    update === 'difference' ? '' : `, update ${update}`,
    variance === 'sum-constrained' ? '' : `, variance ${variance}`,
  ].join('');

/** The description, as aligned lines. */
export function describeSubject(subject: Subject): string {
  const { kind, name: path, weightsFile } = subject;
  const { task, objective, networks, secondDecoder, condition, time, unet, schedule, sampling, quantization } =
    subject.config;
  const method = {
    residual: 'SM-Res',
    noise: 'SM-N',
    'residual-noise': 'SM-Res-N',
    clean: 'as in InDI and Cold Diffusion',
  }[objective];
  const curves =
    schedule.kind === 'power' ? `, alpha ${showCurve(schedule.alpha)}, beta ${showCurve(schedule.beta)}` : '';
  const lines: [string, string][] = [
    [kind, path ?? "the paper's network, the meaning of an empty configuration"],
    ['task', task],
    ['objective', `${objective} (${method})`],
    ['networks', networks === 'shared-encoder' ? `${networks}, the second decoder ${secondDecoder}` : networks],
    ['condition', `${condition}; time as ${time}`],
    ['unet', networkOf(unet).summary],
    [
      'schedule',
      `${schedule.kind}${curves}, ${schedule.timesteps} timesteps, noise strength ${schedule.noiseStrength}`,
    ],
    ['sampling', `${sampling.steps} steps, eta ${sampling.eta}, clip ${sampling.clip}${describeWay(sampling)}`],
    ...(quantization
      ? [['arithmetic', `${Object.keys(quantization.layers).length} convolutions in 8 bits`] as [string, string]]
      : []),
    ['weights', weightsFile ? describeWeights(weightsFile) : 'none: this is a configuration, not a trained network'],
    ...trainingLines(subject),
  ];
  if (kind === 'checkpoint') lines.push(['', 'what the file does not show is the default; rddm convert takes options']);
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

function countTable(rows: readonly NamedCount[], title: string): string {
  return formatTable(rows, [
    { title, value: ({ network }) => network },
    { title: 'parameters', value: ({ parameters }) => inUnits(parameters, 2) },
    { title: 'multiply-adds', value: ({ multiplyAdds }) => inUnits(multiplyAdds, 1) },
    { title: 'attention', value: (count) => inUnits(count.attentionMultiplyAdds, 1) },
    { title: 'THOP parameters', value: ({ thop }) => inUnits(thop.parameters, 2, 'cut') },
    { title: 'THOP multiply-adds', value: ({ thop }) => inUnits(thop.multiplyAdds, 1, 'cut') },
  ]);
}

const countLegend = `multiply-adds: one run of the network, convolutions and linear layers; attention's matrix products are extra.
THOP: what that counter prints and the paper reports (Table 11; digits truncated as there). It has no rule for the
weight-standardised convolutions, attention's products and the norms, and counts an upsampling as one per pixel.
`;

function describePlacement({ operators, states }: PlacedProgram): string {
  const total = operators.reduce((sum, { nodes }) => sum + nodes, 0);
  const all = [...operators, { provider: 'all', operator: '', nodes: total }];
  const table = formatTable(all, [
    { title: 'provider', value: ({ provider }) => provider },
    { title: 'operator', value: ({ operator }) => operator },
    { title: 'nodes', value: ({ nodes }) => nodes, digits: 0 },
  ]);
  const memories = { host: 'in host memory', device: 'in device memory' };
  const lines = states.map(
    ({ memory, tensors, bytes }) =>
      `states between runs: ${tensors} tensors, ${(bytes / 1e6).toFixed(2)} MB, ${memories[memory]}\n`,
  );
  return [table, ...lines].join('');
}

async function placeOn(device: Device, subject: Subject, size: Size, program: Placeable): Promise<PlacedProgram> {
  const runtime = openRuntime(device);
  try {
    return await placeOperators(subject, size, runtime, program);
  } finally {
    await runtime.close();
  }
}

/** The JSON form, with files as paths. */
const withPath = ({ name, ...file }: WeightsFile) => ({ path: name, ...file });

async function info(name: string | undefined, { size: asked, placement, json, ...given }: Flags): Promise<void> {
  for (const [option, value] of Object.entries(given)) {
    if (!placement) throw expected('info', `--placement with --${option}`, `--${option} ${value} alone`);
  }
  const { device = 'cpu', program = 'inference' } = given;
  const subject = await findSubject(name);
  const { kind, name: path, config, weightsFile } = subject;
  const size = fittingSize(config, asked);
  const { networks, total } = countModel(config, size);
  for (const warning of configWarnings(config)) process.stderr.write(`warning: ${warning}\n`);
  const placed = placement ? await placeOn(device, subject, size, program) : undefined;
  if (json) {
    const weights = weightsFile && { weights: withPath(weightsFile) };
    const places = placed && { device, program, placement: placed.operators, states: placed.states };
    printJson({ kind, ...(path && { path }), config, ...weights, size, networks, total, ...places });
    return;
  }
  const rows = networks.length > 1 ? [...networks, { network: 'together', ...total }] : networks;
  process.stdout.write(`${describeSubject(subject)}\n`);
  process.stdout.write(`${countTable(rows, `at ${size.height}x${size.width}`)}${countLegend}`);
  if (placed) process.stdout.write(`\n${describePlacement(placed)}`);
}

const explanation = `
MODEL is a model directory, the name of a shipped model, a configuration (.json, every field optional), a checkpoint (.pt)
or a file of weights (.safetensors). Without it, the paper's default network is described.

--placement runs the network once on --device and lists which provider ran how many nodes of each operator;
with --program training it runs a whole training step: forward, loss, backward, clipping, Adam and the average
(which on the CPU are passes after the graph, and not nodes).

Examples:
  $ rddm info
  $ rddm info derain --size 800x1200
  $ rddm info my-model --placement --device webgpu
  $ rddm info my-model --placement --program training --device webgpu --size 16
  $ rddm info model-80.pt --json`;

/** Adds `rddm info` to the program. */
export function registerInfo(program: Command): void {
  program
    .command('info')
    .summary('describe a model and its size')
    .description(
      'Describes a model: its task, networks and schedule, its origin, its size, and where its operators run.',
    )
    .argument('[model]', 'model directory, shipped name, .json, .pt or .safetensors')
    .addOption(
      new Option('--size <size>', 'picture size to count at: 256, or HEIGHTxWIDTH')
        .argParser(pictureSize)
        .default({ height: 256, width: 256 }, '256'),
    )
    .option('--placement', 'run once and list the provider of every operator')
    .addOption(new Option('--device <device>', 'where --placement runs (default: cpu)').choices(devices))
    .addOption(new Option('--program <program>', 'what --placement runs (default: inference)').choices(placeable))
    .option('--json', 'print JSON')
    .addHelpText('after', explanation)
    .action(info);
}
