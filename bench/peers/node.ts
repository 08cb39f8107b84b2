/** The peer of a browser: the same ONNX bytes in onnxruntime-node on the CPU. */
import { tsxCommand } from '../child.ts';
import type { Peer } from '../peer.ts';
import { isBrowserTask } from '../task.ts';

export const node: Peer = {
  name: 'Node',
  runs: isBrowserTask,
  find: async () => tsxCommand(new URL('./node-child.ts', import.meta.url)),
};
