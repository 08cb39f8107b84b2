/** Sessions from the cache give the same bytes, and nothing that happens to the folder is an error. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { constant, conv2d, feed, matmul, silu } from '../../../graph/build.ts';
import { createProgram } from '../../../graph/program.ts';
import { normalTensor } from '../../../math/random.ts';
import { emit } from '../../../onnx/emit.ts';
import { type OpenSession, openCached, type SessionCache } from './session-cache.ts';

const root = await mkdtemp(join(tmpdir(), 'rddm-cache-'));
after(() => rm(root, { recursive: true }));
const newFolder = (): Promise<string> => mkdtemp(join(root, 'folder-'));

const SIZE = 300;

/** A convolution whose weights get a new layout, and a product that is large enough for a file. */
function modelOf(seed: number, size = SIZE): Uint8Array {
  const constantOf = (shape: number[], name: string) => constant(normalTensor(shape, seed, [name]));
  const image = conv2d(feed('x', [1, 16, 4, size]), constantOf([32, 16, 1, 1], 'kernel'), { stride: 1, padding: 0 });
  return emit(createProgram('test', { y: matmul(silu(image), constantOf([size, size], 'matrix')) }), 'cpu');
}

const probe = modelOf(0, 8);

interface Opened {
  readonly model: 'bytes' | 'file';
  readonly level: string | undefined;
}

/** Opens with ONNX Runtime, and remembers what was opened, except the probe. */
function recorder(before: (path: string) => Promise<unknown> = async () => {}) {
  const opened: Opened[] = [];
  const open: OpenSession = async (model, more) => {
    if (model !== probe) {
      opened.push({ model: typeof model === 'string' ? 'file' : 'bytes', level: more.graphOptimizationLevel });
      if (more.optimizedModelFilePath) await before(more.optimizedModelFilePath);
    }
    const options = { graphOptimizationLevel: 'all', logSeverityLevel: 4, ...more } as const;
    return typeof model === 'string'
      ? InferenceSession.create(model, options)
      : InferenceSession.create(model, options);
  };
  return { opened, open };
}

async function outputOf(session: InferenceSession): Promise<Float32Array> {
  const { data } = normalTensor([1, 16, 4, SIZE], 1, ['x']);
  const { y } = await session.run({ x: new OrtTensor('float32', data, [1, 16, 4, SIZE]) });
  await session.release();
  return y.data as Float32Array;
}

const bare = async (seed: number): Promise<Float32Array> =>
  outputOf(await InferenceSession.create(modelOf(seed), { graphOptimizationLevel: 'all' }));

/** Opens a model and returns what was opened, and the output, which must equal that without a cache. */
async function opens(
  cache: Partial<SessionCache> & { folder: string },
  seed = 1,
  before?: (path: string) => Promise<unknown>,
) {
  const { opened, open } = recorder(before);
  const session = await openCached(modelOf(seed), { probe, context: 'test', ...cache }, open);
  assert.deepEqual(await outputOf(session), await bare(seed));
  return opened;
}

const full: Opened = { model: 'bytes', level: undefined };
const quick: Opened = { model: 'file', level: 'disabled' };

async function onlyFile(folder: string): Promise<string> {
  const names = await readdir(folder);
  assert.equal(names.length, 1, names.join(' '));
  assert.match(names[0], /^[0-9a-f]{64}\.onnx$/);
  return join(folder, names[0]);
}

describe('a session', () => {
  test('is optimised once, then read from the file, with the same output', async () => {
    const folder = join(await newFolder(), 'made', 'when needed');
    assert.deepEqual(await opens({ folder }), [full]);
    await onlyFile(folder);
    assert.deepEqual(await opens({ folder }), [quick]);
    assert.deepEqual(await opens({ folder }), [quick]);
  });

  test('differs for another model, other options, or a processor with another result for the probe', async () => {
    const folder = await newFolder();
    await opens({ folder });
    assert.deepEqual(await opens({ folder }, 2), [full]);
    assert.deepEqual(await opens({ folder, context: 'onnxruntime 2' }), [full]);
    assert.equal((await readdir(folder)).length, 3);
    const { opened, open } = recorder();
    const foreign = modelOf(5, 8);
    const cache = { folder, context: 'test', probe: foreign };
    await openCached(modelOf(1), cache, (model, more) => open(model === foreign ? modelOf(6, 8) : model, more));
    assert.ok(opened.every(({ model }) => model === 'bytes'));
    assert.equal((await readdir(folder)).length, 4);
  });

  test('of a small model is not worth a file', async () => {
    const folder = await newFolder();
    const { open } = recorder();
    await (await openCached(modelOf(1, 16), { folder, probe, context: '' }, open)).release();
    assert.deepEqual(await readdir(folder), []);
  });

  test('that cannot be opened at all fails as without a cache, and leaves no file', async () => {
    const folder = await newFolder();
    const nonsense = new Uint8Array(2 ** 19).fill(7);
    const { open } = recorder();
    const words = await InferenceSession.create(nonsense).catch((error: Error) => error.message);
    await assert.rejects(openCached(nonsense, { folder, probe, context: '' }, open), { message: words });
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('a file that is', () => {
  const damages: Readonly<Record<string, (bytes: Buffer, other: Buffer) => Uint8Array>> = {
    empty: () => new Uint8Array(),
    truncated: (bytes) => bytes.subarray(0, bytes.length / 2),
    'truncated by one byte': (bytes) => bytes.subarray(0, -1),
    'changed in one bit': (bytes) => {
      bytes[bytes.length >> 1] ^= 1;
      return bytes;
    },
    'changed in its seal': (bytes) => {
      bytes[bytes.length - 1] ^= 1;
      return bytes;
    },
    longer: (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
    'of another kind': () => Buffer.from('not a model'),
    'of another model, though complete': (_, other) => other,
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(`${name} is ignored and replaced`, async () => {
      const [folder, elsewhere] = [await newFolder(), await newFolder()];
      await opens({ folder });
      await opens({ folder: elsewhere }, 2);
      const path = await onlyFile(folder);
      const sound = await readFile(path);
      await writeFile(path, damage(Buffer.from(sound), await readFile(await onlyFile(elsewhere))));
      assert.deepEqual(await opens({ folder }), [full]);
      assert.deepEqual(await readFile(await onlyFile(folder)), sound);
      assert.deepEqual(await opens({ folder }), [quick]);
    });
  }

  test('a folder is left alone', async () => {
    const folder = await newFolder();
    await opens({ folder });
    const path = await onlyFile(folder);
    await rm(path);
    await mkdir(join(path, 'inner'), { recursive: true });
    assert.deepEqual(await opens({ folder }), [full]);
    assert.ok((await stat(await onlyFile(folder))).isDirectory());
  });
});

describe('a folder', () => {
  test('that cannot be made means no cache', async () => {
    const folder = join(await newFolder(), 'file');
    await writeFile(folder, 'in the way');
    assert.deepEqual(await opens({ folder }), [full]);
    assert.deepEqual(await opens({ folder: join(folder, 'below') }), [full]);
    assert.equal(await readFile(folder, 'utf8'), 'in the way');
  });

  test('that can no longer be written to means no cache', async () => {
    const folder = await newFolder();
    const gone = (): Promise<unknown> => rm(folder, { recursive: true });
    assert.deepEqual(await opens({ folder }, 1, gone), [full, full]);
  });

  test('that is read-only means no cache', {
    skip: process.getuid?.() === 0 && 'root may write everywhere',
  }, async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'closed'), { mode: 0o500 });
    assert.deepEqual(await opens({ folder: join(folder, 'closed') }), [full]);
  });

  test('keeps the most recently used files, up to its limit', async () => {
    const folder = await newFolder();
    await opens({ folder }, 1);
    const { size } = await stat(await onlyFile(folder));
    const limit = 3.5 * size;
    for (const seed of [2, 3]) await opens({ folder, limit }, seed);
    const past = new Date(Date.now() - 60_000);
    for (const name of await readdir(folder)) await utimes(join(folder, name), past, past);
    assert.deepEqual(await opens({ folder, limit }, 1), [quick]);
    for (const seed of [4, 5]) await opens({ folder, limit }, seed);
    assert.equal((await readdir(folder)).length, 3);
    for (const seed of [1, 4, 5]) assert.deepEqual(await opens({ folder, limit }, seed), [quick]);
  });

  test('takes no file larger than half its limit', async () => {
    const folder = await newFolder();
    assert.deepEqual(await opens({ folder, limit: 2 ** 19 }), [full]);
    assert.deepEqual(await readdir(folder), []);
  });

  test('is cleared of files left by killed processes, and of nothing else', async () => {
    const folder = await newFolder();
    const old = new Date(0);
    const key = '0'.repeat(64);
    const names = [`.${key}.onnx.0123456789ab.tmp`, `.${key}.onnx.ba9876543210.tmp`, 'notes.txt', '.hidden.tmp'];
    for (const name of names) await writeFile(join(folder, name), 'some bytes');
    for (const name of [names[0], names[2], names[3]]) await utimes(join(folder, name), old, old);
    await opens({ folder, limit: 2 ** 20 });
    const left = (await readdir(folder)).filter((name) => !/^[0-9a-f]{64}/.test(name));
    assert.deepEqual(left.sort(), names.slice(1).sort());
  });
});

test('concurrent processes do not disturb each other', async () => {
  const folder = await newFolder();
  await Promise.all(Array.from({ length: 6 }, () => opens({ folder })));
  await onlyFile(folder);
  assert.deepEqual(await opens({ folder }), [quick]);
});
