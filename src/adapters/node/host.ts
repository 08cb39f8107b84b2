/** Node as a host of the operations: sharp for pictures, onnxruntime-node for programs, folders for stores. */
import { totalmem } from 'node:os';
import type { Host } from '../../operations/host.ts';
import { folderStore } from './files/folder-store.ts';
import { openRuntime } from './ort/open-runtime.ts';
import { decodeImage } from './pictures/decode-image.ts';
import { encodeImage } from './pictures/encode-image.ts';

/**
 * Node as host. The name of a store is the path of its folder.
 *
 * @example
 * ```ts
 * import { nodeHost } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * const png = await nodeHost.encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) }, 'png');
 * assert.deepEqual([...(await nodeHost.decode(png, 'two pixels')).data], [0, 0, 0, 200, 200, 200]);
 * ```
 */
export const nodeHost: Host = {
  decode: decodeImage,
  encode: (image, kind) => encodeImage(image, kind),
  openRuntime: async (device, precision) => openRuntime(device, precision),
  openStore: async (folder) => folderStore(folder),
  memory: totalmem(),
};
