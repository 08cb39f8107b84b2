/**
 * Keeps the graphics device between executables. ONNX Runtime releases it with its last session, and with it all
 * compiled shaders, which the next program would compile again; onnxruntime-node refuses ONNX Runtime's own option for
 * that. So one small session stays open.
 */
import type { InferenceSession } from 'onnxruntime-common';
import type { OrtBackend } from './backend.ts';
import { copyModel } from './device-states.ts';
import type { SessionSettings } from './protocol.ts';
import { sessionOptions } from './session-options.ts';

export interface DeviceKeeper {
  keep(settings: SessionSettings): Promise<void>;
  /** After a failure: a lost or full device must not be kept, or a second attempt would get it again. */
  letGo(): Promise<void>;
}

export function createDeviceKeeper({ open }: OrtBackend): DeviceKeeper {
  let keeper: InferenceSession | undefined;
  return {
    async keep(settings) {
      keeper ??= await open(copyModel(), sessionOptions({ ...settings, threads: 1 }));
    },
    async letGo() {
      const released = keeper;
      keeper = undefined;
      await released?.release();
    },
  };
}
