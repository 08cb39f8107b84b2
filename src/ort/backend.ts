/** What a platform brings for the worker: ONNX Runtime itself, and whatever it can do there beyond running a session. */
import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import type { Placement } from '../runtime/runtime.ts';

/** Opens a session of a model. */
export type OpenSession = (model: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>;

/** ONNX Runtime of a platform. */
export interface OrtBackend {
  readonly Tensor: TensorConstructor;
  /** Opens a session. Providers have their names in Node: `cpu` and `webgpu`. */
  readonly open: OpenSession;
  /** The same for a model worth keeping as optimised, by way of what was kept of it before. By default `open`. */
  readonly openCached?: OpenSession | undefined;
  /**
   * Whether a run writes results on this side of the bus into the tensors that it is given for them. Else they are copied
   * there; onnxruntime-web ignores such tensors.
   */
  readonly fillsGivenTensors: boolean;
  /**
   * The provider of every node, found by a session that writes down what it does. Where there is no such thing, a
   * request for it is refused.
   *
   * @param open opens the session with these options added
   * @param inputs of the run; their values do not matter
   */
  readonly placement?: (
    open: (options: InferenceSession.SessionOptions) => Promise<InferenceSession>,
    inputs: InferenceSession.FeedsType,
  ) => Promise<Placement[]>;
}
