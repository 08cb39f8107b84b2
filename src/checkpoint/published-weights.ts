/**
 * Published weights that define metrics: where their authors keep them, how they are recognised, and the tensors in them.
 * A file with other contents is refused: its numbers would not be the metric's. Fetching and keeping files is an adapter's.
 */
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { decodeTensors } from './checkpoint-file.ts';

/** A published weights file. */
export interface PublishedFile {
  /** Its description, for messages. */
  readonly what: string;
  readonly url: string;
  /** The first digits of its SHA-256, which are part of its published name. */
  readonly digits: string;
}

/** torchvision's AlexNet (BSD 3-Clause), the trunk of LPIPS. */
export const alexnet: PublishedFile = {
  what: 'the weights of AlexNet',
  url: 'https://download.pytorch.org/models/alexnet-owt-7be5be79.pth',
  digits: '7be5be79',
};

/** The Inception network of FID as published by pytorch-fid (Apache 2.0). */
export const inception: PublishedFile = {
  what: 'the weights of the Inception network',
  url: 'https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth',
  digits: '6726825d',
};

/** The heads of LPIPS 0.1 as its authors publish them, in a file of this package: all digits of its SHA-256. */
const HEADS_DIGEST = 'c764ca322e091240590798a03bb2f9f2dd9de4eb5fd7f85d043184e6a7e7d018';

/** Whether a file is the published one, by its SHA-256 in hexadecimal digits. */
export const isPublished = ({ digits }: PublishedFile, digest: string): boolean => digest.startsWith(digits);

/**
 * Refuses a file that is not the published one.
 *
 * @param digest its SHA-256 in hexadecimal digits
 * @param where its path or address, for the message
 * @throws RddmError if it is another file
 */
export function requirePublished(published: PublishedFile, digest: string, where: string): void {
  if (isPublished(published, digest)) return;
  const { what, url, digits } = published;
  const wanted = `${what}, a file whose SHA-256 begins with ${digits}`;
  throw expected(where, wanted, `one of ${digest.slice(0, digits.length)}`, `use the file at ${url}`);
}

/** The tensors of a published file. */
export const publishedTensors = ({ url }: PublishedFile, bytes: Uint8Array): TensorMap => decodeTensors(bytes, url);

/**
 * The heads of LPIPS.
 *
 * @param digest the file's SHA-256 in hexadecimal digits
 * @param where its path or address, for the message
 * @throws RddmError if it is another file
 */
export function lpipsHeads(bytes: Uint8Array, digest: string, where: string): TensorMap {
  if (digest === HEADS_DIGEST) return decodeTensors(bytes, where);
  const wanted = `the heads of LPIPS, a file of SHA-256 ${HEADS_DIGEST.slice(0, 8)}…`;
  throw expected(where, wanted, `one of ${digest.slice(0, 8)}…`, 'install rddm again');
}
