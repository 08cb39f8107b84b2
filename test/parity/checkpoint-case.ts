/** `*.pt`: a checkpoint of the reference trainer loads by name, and holds the final weights of the training case beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inferModelConfig } from '../../src/checkpoint/infer.ts';
import { matchWeights } from '../../src/checkpoint/match.ts';
import { weightShapes } from '../../src/checkpoint/model-directory.ts';
import { readTorchCheckpoint } from '../../src/checkpoint/torch.ts';
import { torchStateDict } from '../../src/checkpoint/torch-weights.ts';
import { sameShape } from '../../src/math/shape.ts';
import { largestDifference, type TensorMap } from '../../src/math/tensor.ts';
import { type Check, worst } from './check.ts';
import { readGolden } from './golden-file.ts';

/** Whether both belong to the same network. */
function isSameNetwork(a: TensorMap, b: TensorMap): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameShape(a[name].shape, b[name].shape))
  );
}

export async function checkpointCase(path: string): Promise<Check[]> {
  const weights = torchStateDict(readTorchCheckpoint(readFileSync(path), path), 'model');
  const shapes = weightShapes(inferModelConfig(weights));
  matchWeights(shapes, weights, path);
  const loaded: Check = { quantity: `${Object.keys(shapes).length} weights by name`, error: 0, limit: 0 };

  const candidates: Check[] = [];
  for (const file of readdirSync(dirname(path)).sort()) {
    if (!/^train-.*\.safetensors$/.test(file)) continue;
    const final = readGolden(join(dirname(path), file)).under('final/');
    if (!isSameNetwork(final, weights)) continue;
    const error = worst(Object.entries(final).map(([name, value]) => largestDifference(weights[name], value)));
    candidates.push({ quantity: `the final weights of ${file}`, error, limit: 0 });
  }
  // Several runs may have trained the same network; the checkpoint belongs to one of them.
  const [nearest] = candidates.sort((a, b) => a.error - b.error);
  return nearest ? [loaded, nearest] : [loaded];
}
