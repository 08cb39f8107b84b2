/** The worker thread in which onnxruntime-node runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { OpenSession } from '../../../ort/backend.ts';
import { serve } from '../../../ort/serve.ts';
import { profiledPlacement } from './profiled-placement.ts';
import { openCached, type SessionCache } from './session-cache.ts';

/** Where optimised graphs are kept, and the probe of ONNX Runtime's view of the processor. */
type Kept = Pick<SessionCache, 'folder' | 'probe'>;

/** The thread's start data. */
export interface WorkerData {
  readonly cache: Kept | undefined;
}

const throughCache =
  (kept: Kept): OpenSession =>
  (model, options) =>
    openCached(model, { ...kept, context: JSON.stringify([env.versions, options]) }, (source, more) => {
      const all = { ...options, ...more };
      return typeof source === 'string' ? InferenceSession.create(source, all) : InferenceSession.create(source, all);
    });

const { cache } = workerData as WorkerData;
const port = parentPort;
if (!port) throw new Error('ort-worker: expected to run in a worker thread');
serve(
  {
    post: (answer, transfer) => port.postMessage(answer, transfer),
    listen: (onMessage) => port.on('message', onMessage),
  },
  {
    Tensor,
    open: (model, options) => InferenceSession.create(model, options),
    openCached: cache && throughCache(cache),
    fillsGivenTensors: true,
    placement: profiledPlacement,
  },
);
