/**
 * Fetches published weights once from their authors' address into the cache, and refuses files with other contents. What is
 * published is in checkpoint/published-weights.ts.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  alexnet,
  inception,
  isPublished,
  lpipsHeads,
  type PublishedFile,
  publishedTensors,
  requirePublished,
} from '../../../checkpoint/published-weights.ts';
import { expected } from '../../../math/errors.ts';
import type { TensorMap } from '../../../math/tensor.ts';
import { cacheFolder } from '../ort/cache-folder.ts';
import { inPackage } from '../package-root.ts';
import { readBytes, writeFileAtomic } from './files.ts';

/** Where to find weights. */
export interface WeightsOptions {
  /** A file that was downloaded earlier, on any machine. */
  readonly file?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Receives the number of bytes so far, and the total if it is known. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** The folder for fetched files; by default this system's cache, `undefined` if there is none. */
  readonly folder?: string | undefined;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function download({ what, url }: PublishedFile, { signal, onProgress }: WeightsOptions): Promise<Uint8Array> {
  const remedy = 'fetch it on a machine that has a network, and name the file';
  const advice = { remedy, field: 'weights' };
  const chunks: Uint8Array[] = [];
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok || !response.body) {
      throw expected('weights', `${what} at ${url}`, `the answer ${response.status}`, advice);
    }
    const total = Number(response.headers.get('content-length')) || undefined;
    let received = 0;
    for await (const chunk of response.body) {
      chunks.push(chunk);
      received += chunk.length;
      onProgress?.(received, total);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof TypeError)) throw error;
    // What fetch throws if there is no connection; its cause says why.
    const { code } = (error.cause ?? {}) as { code?: string };
    throw expected('weights', `${what} at ${url}`, `no connection (${code ?? error.message})`, advice);
  }
  return Buffer.concat(chunks);
}

/**
 * The bytes of a published file: from `file`, from the cache, or from its address and then into the cache.
 *
 * @throws RddmError if the file is another one, or there is none and no connection
 */
export async function publishedBytes(published: PublishedFile, options: WeightsOptions = {}): Promise<Uint8Array> {
  const { url } = published;
  const { file, folder = cacheFolder() } = options;
  const requireSame = (bytes: Uint8Array, where: string): Uint8Array => {
    requirePublished(published, digestOf(bytes), where);
    return bytes;
  };
  if (file !== undefined) return requireSame(await readBytes(file, 'weights'), file);
  const kept = folder && join(folder, 'weights', url.slice(url.lastIndexOf('/') + 1));
  if (kept) {
    const bytes = await readFile(kept).catch(() => undefined);
    if (bytes && isPublished(published, digestOf(bytes))) return bytes;
    // Truncated or damaged: treated as missing.
    if (bytes) await rm(kept, { force: true });
  }
  const bytes = requireSame(await download(published, options), url);
  if (kept) {
    // If the cache cannot be written, the next run fetches again.
    await mkdir(dirname(kept), { recursive: true, mode: 0o700 })
      .then(() => writeFileAtomic(kept, bytes))
      .catch(() => {});
  }
  return bytes;
}

/**
 * The heads of LPIPS 0.1.
 *
 * @throws RddmError if the file is another one: its distances would not be the metric's
 */
export async function openLpipsHeads(
  file = inPackage('models', 'lpips-heads', 'alex.safetensors'),
): Promise<TensorMap> {
  const bytes = await readBytes(file, 'weights');
  return lpipsHeads(bytes, digestOf(bytes), file);
}

/**
 * The weights of LPIPS 0.1: AlexNet's, fetched on first use, and the heads, which ship with the package.
 *
 * @throws RddmError if `file` is another file, or there is none and no connection
 *
 * @example
 * ```ts
 * import { openLpipsWeights } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * await assert.rejects(openLpipsWeights({ file: 'package.json' }), /whose SHA-256 begins with 7be5be79/);
 * ```
 */
export async function openLpipsWeights(options: WeightsOptions = {}): Promise<TensorMap> {
  const trunk = publishedTensors(alexnet, await publishedBytes(alexnet, options));
  return { ...trunk, ...(await openLpipsHeads()) };
}

/**
 * The weights of the Inception network that FID and Inception Score are defined with, fetched on first use.
 *
 * @throws RddmError if `file` is another file, or there is none and no connection
 *
 * @example
 * ```ts
 * import { openInceptionWeights } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * await assert.rejects(openInceptionWeights({ file: 'package.json' }), /whose SHA-256 begins with 6726825d/);
 * ```
 */
export async function openInceptionWeights(options: WeightsOptions = {}): Promise<TensorMap> {
  return publishedTensors(inception, await publishedBytes(inception, options));
}
