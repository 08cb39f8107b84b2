/**
 * What a platform provides to the operations in this folder: its picture formats, its runtimes and a place for bytes.
 * The code that restores, degrades, evaluates or trains is the same in Node, on a page and on a server.
 */
import type { Image } from '../data/image.ts';
import type { Precision } from '../onnx/precision.ts';
import type { Device, Runtime } from '../runtime/runtime.ts';
import type { Store } from './store.ts';

/** The formats for writing pictures; PNG and TIFF keep every value. A host may support fewer, but must support PNG. */
export const pictureKinds = ['png', 'jpg', 'webp', 'tif', 'avif'] as const;
/** One of `pictureKinds`. */
export type PictureKind = (typeof pictureKinds)[number];

/** A platform. */
export interface Host {
  /**
   * Decodes a picture file to 8-bit sRGB, upright, whatever the file holds: grey as R = G = B, without transparency.
   *
   * @param name the picture's name, for the message if it cannot be read
   * @throws RddmError if the bytes are not a picture, or one that is damaged or too large
   */
  decode(bytes: Uint8Array, name: string): Promise<Image>;
  /**
   * Encodes a picture as the bytes of a file.
   *
   * @throws RddmError if the host does not write this format, or the format cannot hold a picture of this size
   */
  encode(image: Image, kind: PictureKind): Promise<Uint8Array>;
  /**
   * Opens a runtime; the caller closes it.
   *
   * @throws RddmError if the host has no such device, or the device does not support this precision
   */
  openRuntime(device: Device, precision?: Precision): Promise<Runtime>;
  /** Opens a store; the first write creates it. */
  openStore(name: string): Promise<Store>;
  /** The machine's memory in bytes, if known: pictures that need more are refused on the CPU. */
  readonly memory?: number;
}
