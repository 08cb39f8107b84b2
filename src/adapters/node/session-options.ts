/** How sessions are opened: what ONNX Runtime is to do with a graph. */
import type { InferenceSession } from 'onnxruntime-node';
import type { SessionSettings } from './ort-protocol.ts';

/** The options of a session. */
export const sessionOptions = ({ device, threads }: SessionSettings): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  intraOpNumThreads: threads,
  graphOptimizationLevel: 'all',
  // A pattern plans one block for a whole run, and that block is larger than what is ever alive.
  enableMemPattern: false,
  // Only errors: warnings about nodes that a provider leaves are answered by `placement`.
  logSeverityLevel: 3,
});
