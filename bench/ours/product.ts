/**
 * The child that measures the machine's ceiling: a large float32 product through onnxruntime, without worker or copies,
 * with one operand constant, which onnxruntime packs beforehand.
 */
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { constant, feed, matmul } from '../../src/graph/build.ts';
import { createProgram } from '../../src/graph/program.ts';
import { normalTensor } from '../../src/math/random.ts';
import { emit } from '../../src/onnx/emit.ts';
import { serve, timed } from '../serve.ts';

/** Products per run: the first after a pause is slow, since cores and threads sleep. */
const TIMES = 10;

await serve(async (task) => {
  if (task.kind !== 'product') throw new Error(`expected a product, got ${task.kind}`);
  const shape = [task.size, task.size];
  const right = constant(normalTensor(shape, 1, ['right']));
  const program = createProgram('product', { y: matmul(feed('x', shape), right) });
  const session = await InferenceSession.create(emit(program, 'cpu'), { executionProviders: ['cpu'] });
  const x = new OrtTensor('float32', normalTensor(shape, 1, ['left']).data, shape);
  const y = new OrtTensor('float32', new Float32Array(task.size ** 2), shape);
  return {
    async run() {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < TIMES; i++) best = Math.min(best, await timed(() => session.run({ x }, { y })));
      return best;
    },
  };
});
