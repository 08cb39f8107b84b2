/**
 * A disk cache of graphs as optimised by ONNX Runtime: a session of an optimised graph opens in a fraction of the time,
 * and with half the memory if weights are folded into it. A file's name says what it was made from, and its end is a
 * hash of itself: a damaged, truncated or foreign file counts as missing and is replaced. Nothing here fails: if the
 * cache cannot be read or written, a session is opened as without it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open as openFile, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { joined, messageField, stringField, toBytes } from '../../../onnx/protobuf.ts';

/** A cache, and what a session needs besides its model. */
export interface SessionCache {
  readonly folder: string;
  /** A small model whose optimised form reveals how ONNX Runtime sees the processor. */
  readonly probe: Uint8Array;
  /** Everything else that determines the optimised graph: versions and options. */
  readonly context: string;
  /** The limit of all files together in bytes; by default 1 GiB. */
  readonly limit?: number;
}

/** Opens a session from bytes or a file, with some options changed. */
export type OpenSession<S = InferenceSession> = (
  model: Uint8Array | string,
  more: InferenceSession.SessionOptions,
) => Promise<S>;

/** Smaller models open too quickly to be worth a file. */
const SMALLEST_MODEL = 2 ** 18;
const LIMIT = 2 ** 30;
/** Milliseconds after which a temporary file counts as abandoned. */
const ABANDONED = 24 * 60 * 60 * 1000;

const cached = /^[0-9a-f]{64}\.onnx$/;
const temporary = /^\.[0-9a-z]+\.onnx\.[0-9a-f]{12}\.tmp$/;

const temporaryName = (folder: string, name: string): string =>
  join(folder, `.${name}.onnx.${randomBytes(6).toString('hex')}.tmp`);

const quietly = async (work: Promise<unknown>): Promise<void> => {
  await work.catch(() => {});
};

/** The end of a file: a metadata property of the model (ModelProto.metadata_props). */
const seal = (digest: string): Uint8Array =>
  toBytes(messageField(14, joined(stringField(1, 'rddm.sha256'), stringField(2, digest))));
const SEAL_BYTES = seal('0'.repeat(64)).length;

/** The hash of a file's first bytes, under a key: the same contents under another name do not match. */
async function digestOf(path: string, key: string, bytes: number): Promise<string> {
  const hash = createHash('sha256').update(key);
  if (bytes > 0)
    for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}

async function isWhole(path: string, key: string): Promise<boolean> {
  try {
    const file = await openFile(path, 'r');
    try {
      const { size } = await file.stat();
      const end = Buffer.alloc(SEAL_BYTES);
      await file.read(end, 0, SEAL_BYTES, Math.max(0, size - SEAL_BYTES));
      return end.equals(seal(await digestOf(path, key, Math.max(0, size - SEAL_BYTES))));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/**
 * Identifies the processor by how ONNX Runtime optimises a convolution: the layout of its weights depends on vector
 * instructions.
 */
async function processor({ folder, probe }: SessionCache, open: OpenSession): Promise<string> {
  const path = temporaryName(folder, 'probe');
  try {
    const session = await open(probe, { optimizedModelFilePath: path });
    await session.release();
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } finally {
    await quietly(rm(path, { force: true }));
  }
}

async function keyOf(model: Uint8Array, cache: SessionCache, open: OpenSession): Promise<string> {
  const machine = [arch(), cpus()[0]?.model, await processor(cache, open)];
  return createHash('sha256')
    .update(JSON.stringify([cache.context, ...machine]))
    .update(model)
    .digest('hex');
}

/** Removes the least recently used files until the rest fits, and files left by killed processes. */
async function evict(folder: string, limit: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
      return { name, path, size, mtimeMs };
    }),
  );
  for (const { name, path, mtimeMs } of files) {
    if (temporary.test(name) && Date.now() - mtimeMs > ABANDONED) await quietly(rm(path, { force: true }));
  }
  const kept = files.filter(({ name }) => cached.test(name)).sort((a, b) => b.mtimeMs - a.mtimeMs);
  let total = 0;
  for (const { path, size } of kept) {
    total += size;
    if (total > limit) await quietly(rm(path, { force: true }));
  }
}

/** Gives a file written by ONNX Runtime its seal and its name. */
async function keep(written: string, path: string, key: string, limit: number, folder: string): Promise<void> {
  const { size } = await stat(written);
  // A file that would evict most others is not kept.
  if (size > limit / 2) return;
  await appendFile(written, seal(await digestOf(written, key, size)));
  await rename(written, path);
  await evict(folder, limit);
}

/**
 * Opens a session of a model, from the cache if it is there, else into the cache.
 *
 * @throws any error that `open` throws without a cache
 */
export async function openCached(model: Uint8Array, cache: SessionCache, open: OpenSession): Promise<InferenceSession> {
  const { folder, limit = LIMIT } = cache;
  if (model.length < SMALLEST_MODEL) return open(model, {});
  let key: string;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    key = await keyOf(model, cache, open);
  } catch {
    return open(model, {});
  }
  const path = join(folder, `${key}.onnx`);
  if (await isWhole(path, key)) {
    const found = await open(path, { graphOptimizationLevel: 'disabled' }).catch(() => undefined);
    if (found) {
      const now = new Date();
      await quietly(utimes(path, now, now));
      return found;
    }
  }
  const written = temporaryName(folder, key);
  try {
    const session = await open(model, { optimizedModelFilePath: written }).catch(() => undefined);
    if (session) await quietly(keep(written, path, key, limit, folder));
    return session ?? (await open(model, {}));
  } finally {
    await quietly(rm(written, { force: true }));
  }
}
