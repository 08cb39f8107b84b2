/** The child that runs our network, or a training step, like `rddm`: onnxruntime-node in its worker. */
import { openRuntime } from '../../src/adapters/node/ort/open-runtime.ts';
import { type Tensor, type TensorMap, tensor } from '../../src/math/tensor.ts';
import type { Executable } from '../../src/runtime/runtime.ts';
import { networkProgram } from '../network.ts';
import { serve, timed, type Work } from '../serve.ts';
import { isNetworkTask, type NetworkTask } from '../task.ts';

/** Builds and loads in a separate scope, so that the initial states can be freed, as in training. */
async function load(task: NetworkTask): Promise<{ executable: Executable; feeds: (step: number) => TensorMap }> {
  const { program, states, feeds } = await networkProgram(task);
  return { executable: await openRuntime('cpu').load({ [task.kind]: program }, states), feeds };
}

// onnxruntime chooses the number of threads, all cores, since that is what users get.
await serve(async (task): Promise<Work> => {
  if (!isNetworkTask(task)) throw new Error(`expected a network, got ${task.kind}`);
  const { executable, feeds } = await load(task);
  let step = 0;
  const next = (): Promise<Record<string, Tensor>> => {
    step++;
    return executable.run(task.kind, feeds(step)) as Promise<Record<string, Tensor>>;
  };
  return {
    run: () => timed(next),
    async check() {
      if (task.kind === 'inference') return next();
      const steps = [await next(), await next()];
      const both = (name: string): Tensor =>
        tensor(
          [2],
          steps.map((outputs) => outputs[name].data[0]),
        );
      return { loss: both('loss'), gradientNorm: both('gradientNorm') };
    },
  };
});
