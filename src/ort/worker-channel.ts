/** The client's end of the channel to a worker: requests are numbered, and each is matched with its answer. */
import { RddmError } from '../math/errors.ts';
import type { Answer, Envelope, Port, Request, Result } from './protocol.ts';

/** A worker that runs `serve`, as the client sees it: a thread of Node, a worker of a page, or a stand-in for either. */
export interface OrtWorker extends Port<Envelope, Answer> {
  /** Reports that the worker has failed or ended; waiting requests are rejected with that error. */
  onFailure?(fail: (error: Error) => void): void;
  /** Keeps the process from ending; called while answers are outstanding. */
  ref?(): void;
  /** Lets the process end. */
  unref?(): void;
  terminate(): Promise<void>;
}

/** Sends requests to a worker, until it fails or is closed. */
export interface WorkerChannel {
  /** @throws RddmError with ONNX Runtime's message, or the reason for the worker's end */
  ask(request: Request, transfer?: ArrayBuffer[]): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Opens the channel to a worker.
 *
 * @param errorOf the error of a text that ONNX Runtime answers with
 */
export function createWorkerChannel(worker: OrtWorker, errorOf: (text: string) => Error): WorkerChannel {
  const waiting = new Map<number, { resolve: (result: Result) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.listen((answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    // An idle runtime must not keep a finished program alive.
    if (waiting.size === 0) worker.unref?.();
    if ('error' in answer) asked?.reject(errorOf(answer.error));
    else asked?.resolve(answer.result);
  });
  worker.onFailure?.(fail);
  worker.unref?.();
  return {
    ask(request, transfer = []) {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        worker.ref?.();
        worker.post({ id, request }, transfer);
      });
    },
    async close() {
      await worker.terminate();
      fail(new RddmError('onnxruntime: the worker ended'));
    },
  };
}
