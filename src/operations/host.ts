/**
 * What a platform brings to the operations of this folder: its picture formats, its runtimes and a place for bytes.
 * Everything else that restores, degrades, evaluates or trains is the same in Node, on a page and on a server.
 */
import type { Image } from '../data/image.ts';
import type { Precision } from '../onnx/precision.ts';
import type { Device, Runtime } from '../runtime/runtime.ts';
import type { Store } from './store.ts';

/** The formats that pictures are written in; PNG and TIFF keep every value. A host may know fewer, but has PNG. */
export const pictureKinds = ['png', 'jpg', 'webp', 'tif', 'avif'] as const;
/** One of `pictureKinds`. */
export type PictureKind = (typeof pictureKinds)[number];

/** A platform. */
export interface Host {
  /**
   * A picture file as 8-bit sRGB, upright, whatever the file holds: a grey one as R = G = B, without transparency.
   *
   * @param name what the picture is called, for the message about one that cannot be read
   * @throws RddmError when the bytes are no picture, or one that is damaged or too large
   */
  decode(bytes: Uint8Array, name: string): Promise<Image>;
  /**
   * A picture as the bytes of a file.
   *
   * @throws RddmError when the host does not write this format, or the format cannot hold a picture of this size
   */
  encode(image: Image, kind: PictureKind): Promise<Uint8Array>;
  /**
   * Opens a runtime; whoever opens it closes it.
   *
   * @throws RddmError when the host has no such device, or the device does not compute in this precision
   */
  openRuntime(device: Device, precision?: Precision): Promise<Runtime>;
  /** Opens a store; one that is not there is made by the first write. */
  openStore(name: string): Promise<Store>;
  /** Bytes of memory of the machine, where they are known: larger pictures are refused on the CPU, not tried. */
  readonly memory?: number;
}
