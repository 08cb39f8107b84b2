/** What a platform provides for the worker: ONNX Runtime, and what it can do there besides running a session. */
import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import type { Placement } from '../runtime/runtime.ts';

/** Opens a session of a model. */
export type OpenSession = (model: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>;

/** A platform's ONNX Runtime. */
export interface OrtBackend {
  readonly Tensor: TensorConstructor;
  /** Opens a session. Providers have the names used in Node: `cpu` and `webgpu`. */
  readonly open: OpenSession;
  /** Opens a model that is worth caching in optimised form, from the cache if it is there. By default `open`. */
  readonly openCached?: OpenSession | undefined;
  /**
   * Whether a run writes results on the host into the tensors that it is given for them. If not, they are copied there;
   * onnxruntime-web ignores such tensors.
   */
  readonly fillsGivenTensors: boolean;
  /**
   * The provider of every node, found with a profiling session. Without this, such a request is refused.
   *
   * @param open opens the session with these additional options
   * @param inputs of the run; their values do not matter
   */
  readonly placement?: (
    open: (options: InferenceSession.SessionOptions) => Promise<InferenceSession>,
    inputs: InferenceSession.FeedsType,
  ) => Promise<Placement[]>;
}
