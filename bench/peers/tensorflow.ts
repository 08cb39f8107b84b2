/**
 * TensorFlow.js on WebAssembly, which cannot train convolutions and reads no graph format that we write, so it runs
 * stacks of convolutions. In Chromium, since its threads need a browser (it turns them off in Node).
 */
import { entryFolder, lacksChromium } from '../browser/installed.ts';
import { tsxCommand } from '../child.ts';
import type { Peer } from '../peer.ts';

export const tensorflow: Peer = {
  name: 'TensorFlow.js',
  runs: ({ kind }) => kind === 'convolutions',
  async find() {
    const packages = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
    const missing = packages.find((name) => !entryFolder(name));
    if (missing) return `${missing} is not installed; npm ci installs it`;
    return lacksChromium() ?? tsxCommand(new URL('./tensorflow-child.ts', import.meta.url));
  },
};
