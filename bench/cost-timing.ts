/** Times a convolution in its two forms, with nothing around it: no worker, no copies, results into existing memory. */
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { constant, conv2d, conv2dInputGradient, conv2dWeightGradient, feed } from '../src/graph/build.ts';
import { createProgram, type Program } from '../src/graph/program.ts';
import { normalTensor } from '../src/math/random.ts';
import { elementCount, type Shape } from '../src/math/shape.ts';
import type { Tensor } from '../src/math/tensor.ts';
import { type ConvolutionForm, convolutionForms } from '../src/onnx/convolution-cost.ts';
import { emit } from '../src/onnx/emit.ts';
import { sessionOptions } from '../src/ort/session-options.ts';
import type { Timing } from './cost-fit.ts';
import type { CostCase } from './cost-grid.ts';
import { timed } from './serve.ts';
import { summarise } from './statistics.ts';

/** The first two runs of a session touch memory that has no pages yet. */
const WARMING = 2;
/**
 * The counted runs of a turn take at least this long together; shorter ones would drown in the noise of clock and
 * scheduler.
 */
const TURN_SECONDS = 0.01;

/** A few thousand random values, repeated: their exact values do not matter, as long as they are ordinary. */
const few = normalTensor([4096], 1, ['costs']).data;
function values(shape: Shape): Tensor {
  const data = new Float32Array(elementCount(shape));
  for (let at = 0; at < data.length; at += few.length) data.set(few.subarray(0, data.length - at), at);
  return { shape, data };
}

function programOf({ side, sizes }: CostCase): Program {
  const { image, kernel, result, stride, padding, upsampled } = sizes;
  const attributes = { stride, padding, upsampled };
  const kernelShape = [result[1], image[1], ...kernel];
  const x = feed('x', image);
  const g = feed('g', result);
  const w = side === 'result of a constant kernel' ? constant(values(kernelShape)) : feed('w', kernelShape);
  const [height, width] = kernel;
  const y = {
    result: () => conv2d(x, w, attributes),
    'result of a constant kernel': () => conv2d(x, w, attributes),
    image: () => conv2dInputGradient(g, w, { ...attributes, inputShape: image }),
    kernel: () => conv2dWeightGradient(x, g, { ...attributes, kernel: [height, width] }),
  }[side]();
  return createProgram(side, { y });
}

const toOrt = ({ shape, data }: Tensor): OrtTensor => new OrtTensor('float32', data, [...shape]);

/** Opens the program in a form; `run` returns the seconds of one run. */
async function open(program: Program, form: ConvolutionForm) {
  const session = await InferenceSession.create(
    emit(program, 'cpu', { convolutions: form }),
    sessionOptions({ device: 'cpu', threads: 0 }),
  );
  const feeds = Object.fromEntries(
    Object.entries(program.feeds).map(([name, { shape }]) => [name, toOrt(values(shape))]),
  );
  const fetches = { y: toOrt(values(program.outputs.y.shape)) };
  return { run: () => timed(() => session.run(feeds, fetches)), release: () => session.release() };
}

/** The median seconds of a run in each form, over `rounds` alternating turns. */
export async function timeForms(what: CostCase, rounds: number): Promise<Timing['seconds']> {
  const program = programOf(what);
  const turns: { run(): Promise<number>; release(): Promise<void>; count: number; seconds: number[] }[] = [];
  try {
    for (const form of convolutionForms) {
      const turn = { ...(await open(program, form)), count: 1, seconds: [] };
      turns.push(turn);
      for (let i = 0; i < WARMING; i++) await turn.run();
      turn.count = Math.ceil(TURN_SECONDS / (await turn.run()));
    }
    for (let round = 0; round < rounds; round++) {
      for (const { run, count, seconds } of turns) {
        // The first run of a turn does not count: threads sleep, and the caches hold the other form's data.
        await run();
        let total = 0;
        for (let i = 0; i < count; i++) total += await run();
        seconds.push(total / count);
      }
    }
  } finally {
    for (const { release } of turns) await release();
  }
  const [direct, winograd] = turns.map(({ seconds }) => summarise(seconds).median_s);
  return { direct, winograd };
}
