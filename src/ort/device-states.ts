/**
 * States resident on a graphics device: each is copied there once, every run leaves its updates there, and only reading
 * copies them back. onnxruntime-node copies a tensor between the two memories only during a run, so a graph that copies
 * a tensor carries them both ways. It cannot write a result over a tensor on the device: old and new exist side by side
 * during a run.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { encodeOnnx } from '../onnx/model.ts';
import type { OpenSession } from './backend.ts';

/** The location of outputs that must stay on the device. */
export const ON_DEVICE = 'gpu-buffer';

/** States on a device. */
export interface DeviceStates {
  readonly states: Map<string, OrtTensor>;
  /** Copies a state to the device. */
  begin(name: string, value: OrtTensor): Promise<void>;
  /** A copy on the host. */
  read(name: string): Promise<OrtTensor>;
  /** Replaces a state by a run's output, and frees its memory. */
  replace(name: string, written: OrtTensor): void;
  /** Frees the states; call it while every session that wrote one is still open. */
  release(): Promise<void>;
}

/** The smallest graph that a device executes: one tensor, copied. */
export const copyModel = (): Uint8Array =>
  encodeOnnx({
    name: 'copy',
    nodes: [{ opType: 'Identity', inputs: ['original'], outputs: ['copy'], attributes: {} }],
    initializers: [],
    inputs: [{ name: 'original' }],
    outputs: [{ name: 'copy' }],
    values: [],
  });

/**
 * Creates the store of states on the device.
 *
 * @param open opens a session on the device
 */
export async function createDeviceStates(open: OpenSession): Promise<DeviceStates> {
  const there = await open(copyModel(), { preferredOutputLocation: ON_DEVICE });
  const back = await open(copyModel(), {}).catch(async (error) => {
    await there.release();
    throw error;
  });
  const carry = async (session: InferenceSession, original: OrtTensor): Promise<OrtTensor> =>
    (await session.run({ original })).copy as OrtTensor;
  const states = new Map<string, OrtTensor>();
  return {
    states,
    async begin(name, value) {
      states.set(name, await carry(there, value));
    },
    read: (name) => carry(back, states.get(name) as OrtTensor),
    replace(name, written) {
      states.get(name)?.dispose();
      states.set(name, written);
    },
    async release() {
      for (const tensor of states.values()) tensor.dispose();
      states.clear();
      await there.release();
      await back.release();
    },
  };
}
