import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { bytesOf, call, dump, type Python, stored } from '../../test/support/pickler.ts';
import { archive } from '../../test/support/torch-file.ts';
import { ddimKinds } from '../diffusion/ddim.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { RddmError } from '../math/errors.ts';
import { elementCount } from '../math/shape.ts';
import { toFloat32 } from './raw-tensor.ts';
import { decodeSafetensors } from './safetensors.ts';
import { isTorchTensor, readTorchCheckpoint } from './torch.ts';
import { hasAverage, networkWeights, torchSchedule, torchStateDict } from './torch-weights.ts';

const golden = join(process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'golden');
const skip = existsSync(golden) ? false : `no golden values at ${golden}`;
const readGolden = (file: string) => readFileSync(join(golden, file));

function values(bytes: Uint8Array, name = 'x'): (number | bigint)[] {
  const found = readTorchCheckpoint(bytes, 'file.pt').entries[name];
  assert.ok(isTorchTensor(found));
  return [...found.read().data];
}
const refused = (read: () => unknown, message: RegExp) =>
  assert.throws(read, (error) => error instanceof RddmError && message.test(error.message), String(message));

test("the reference trainer's checkpoint holds the golden weights, bit for bit", { skip }, () => {
  const checkpoint = readTorchCheckpoint(readGolden('reference-checkpoint.pt'), 'reference-checkpoint.pt');
  const { tensors } = decodeSafetensors(readGolden('train-two-net.safetensors'), 'train-two-net.safetensors');
  const weights = torchStateDict(checkpoint, 'model');
  const finals = Object.keys(tensors).filter((name) => name.startsWith('final/'));
  assert.deepEqual(Object.keys(weights).sort(), finals.map((name) => name.slice('final/'.length)).sort());
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const wanted = toFloat32(tensors[`final/${name}`]);
    assert.deepEqual(shape, wanted.shape, name);
    assert.deepEqual(Buffer.from(bytesOf(data)), Buffer.from(bytesOf(wanted.data)), name);
  }
  assert.equal(checkpoint.entries.step, 1000);
  assert.ok(hasAverage(checkpoint));
  const average = torchStateDict(checkpoint, 'ema');
  assert.deepEqual(Object.keys(average).sort(), Object.keys(weights).sort());
  assert.deepEqual(torchSchedule(checkpoint, 'ema'), {
    kind: 'power',
    timesteps: 1000,
    alpha: 'decreasing',
    beta: 'increasing',
    noiseStrength: 0.01,
  });
});

test('storages of each element type are read', () => {
  const cases: [string, Uint8Array, (number | bigint)[]][] = [
    ['Float', bytesOf(Float32Array.of(1.5, -2)), [1.5, -2]],
    ['Double', bytesOf(Float64Array.of(0.1, 2)), [0.1, 2]],
    ['Half', bytesOf(Uint16Array.of(0x3c00, 0xc000)), [1, -2]],
    ['BFloat16', bytesOf(Uint16Array.of(0x3f80, 0xc000)), [1, -2]],
    ['Long', bytesOf(BigInt64Array.of(-1n, 2n ** 40n)), [-1n, 2n ** 40n]],
    ['Bool', bytesOf(Uint8Array.of(0, 1)), [0, 1]],
  ];
  for (const [type, bytes, wanted] of cases) {
    assert.deepEqual(values(archive({ x: stored(type, '0', 2, [2], [1]) }, { 0: bytes })), wanted, type);
  }
});

test('a strided tensor is read by its offset and strides', () => {
  const storage = Float32Array.from({ length: 200 }, (_, i) => i);
  const axis = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 12 }));
  fc.assert(
    fc.property(fc.array(axis, { maxLength: 4 }), fc.nat(10), (axes, offset) => {
      const shape = axes.map(([size]) => size);
      const strides = axes.map(([, stride]) => stride);
      const wanted: number[] = [];
      const visit = (depth: number, place: number): void => {
        if (depth === shape.length) wanted.push(place);
        else for (let i = 0; i < shape[depth]; i++) visit(depth + 1, place + i * strides[depth]);
      };
      visit(0, offset);
      const bytes = archive({ x: stored('Float', '0', 200, shape, strides, offset) }, { 0: bytesOf(storage) });
      assert.equal(wanted.length, elementCount(shape));
      assert.deepEqual(values(bytes), wanted);
    }),
    { numRuns: 100 },
  );
});

test('a transposed view, shared storages and parameters', () => {
  const bytes = archive(
    {
      x: stored('Float', '0', 6, [3, 2], [1, 3]),
      row: stored('Float', '0', 6, [3], [1], 3),
      wrapped: call(
        'torch._utils._rebuild_parameter',
        stored('Float', '0', 6, [1], [1], 5),
        true,
        call('collections.OrderedDict'),
      ),
      size: call('torch.Size', [2, 3]),
      pairs: call('collections.OrderedDict', [['a', 1]]),
    },
    { 0: bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5)) },
  );
  assert.deepEqual(values(bytes), [0, 3, 1, 4, 2, 5]);
  assert.deepEqual(values(bytes, 'row'), [3, 4, 5]);
  assert.deepEqual(values(bytes, 'wrapped'), [5]);
  const { entries } = readTorchCheckpoint(bytes, 'file.pt');
  assert.deepEqual(entries.size, [2, 3]);
  assert.deepEqual(Object.entries(entries.pairs as object), [['a', 1]]);
});

test('a tensor does not keep the file in memory', () => {
  const bytes = archive({ x: stored('Float', '0', 2, [2], [1]) }, { 0: bytesOf(Float32Array.of(1, 2)) });
  const found = readTorchCheckpoint(bytes, 'file.pt').entries.x;
  assert.ok(isTorchTensor(found));
  assert.equal(found.read().data.buffer.byteLength, 8);
});

test("a pickle that calls a function is refused with the function's name, and nothing runs", () => {
  const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
  const command = `touch ${join(folder, 'it-ran')}`;
  const literal = (code: string) => zipSync({ 'archive/data.pkl': new Uint8Array(Buffer.from(code, 'latin1')) });
  const attacks: [RegExp, Uint8Array][] = [
    [
      /got one that asks for os.system \(nothing was run\); if you trust the file/,
      literal("cos\nsystem\n(S'echo'\ntR."),
    ],
    [/os.system/, literal(`cos\nsystem\n(S'${command}'\ntR.`)],
    [/posix.system/, archive({ model: call('posix.system', command) })],
    [
      /builtins.eval/,
      archive({ model: { 'unet0.init_conv.weight': call('builtins.eval', `__import__("os").system("${command}")`) } }),
    ],
    [/subprocess.Popen/, literal(`\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93${dump([[command]])}\x81.`)],
    [/nt.system/, literal(`(${dump(command)}int\nsystem\n.`)],
    [/child_process.execSync/, archive([call('child_process.execSync', command)])],
    [/torch.load/, archive({ x: call('torch.load', 'other.pt') })],
    [/torch.storage._load_from_bytes/, archive({ x: call('torch.storage._load_from_bytes', 'x') })],
    // On the list only as a name: calling it is refused, too.
    [/passes wrong arguments to torch.FloatStorage/, archive({ x: call('torch.FloatStorage', command) })],
    [
      /passes wrong arguments to torch._utils._rebuild_parameter/,
      archive({ x: call('torch._utils._rebuild_parameter', command) }),
    ],
  ];
  for (const [message, bytes] of attacks) refused(() => readTorchCheckpoint(bytes, 'attack.pt'), message);
  assert.deepEqual(readdirSync(folder), []);
});

test('tensors that reach outside their storage are refused', () => {
  const one = { 0: bytesOf(Float32Array.of(1, 2)) };
  const bad = [
    stored('Float', '0', 2, [3], [1]),
    stored('Float', '0', 2, [2], [2]),
    stored('Float', '0', 2, [2], [1], 1),
    stored('Float', '0', 2, [], [], 2),
    stored('Float', '0', 2, [2], [-1], 1),
    stored('Float', '0', 2, [2], [1, 1]),
    stored('Float', '0', 2, [2000000000, 2000000000], [0, 0]),
    call(
      'torch._utils._rebuild_tensor_v2',
      { kind: 'torch-storage', dtype: 'F32', count: 9 },
      0,
      [1],
      [1],
      false,
      null,
    ),
  ];
  for (const x of bad)
    refused(
      () => readTorchCheckpoint(archive({ x }, one), 'bad.pt'),
      /passes wrong arguments to torch._utils._rebuild_tensor_v2/,
    );
  refused(
    () => readTorchCheckpoint(archive({ x: stored('Float', '0', 3, [1], [1]) }, one), 'bad.pt'),
    /external data that does not exist/,
  );
  refused(
    () => readTorchCheckpoint(archive({ x: stored('Float', '1', 2, [1], [1]) }, one), 'bad.pt'),
    /external data that does not exist/,
  );
});

test('files of other kinds are refused with a sentence', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const none = { 'archive/constants.pkl': text('') };
  const cases: [RegExp, Uint8Array][] = [
    [/old.pt: expected a PyTorch checkpoint, got a pickle of something else/, Uint8Array.of(0x80, 2, 0x4b, 1, 0x2e)],
    [/a file that is not a zip archive/, text('hello')],
    [/a file that is not a zip archive/, new Uint8Array(0)],
    [/a zip archive without data.pkl/, zipSync({ 'word/document.xml': text('x') })],
    [/got a TorchScript archive/, archive({}, {}, none)],
    [/little-endian values, got big-endian/, archive({}, {}, { 'archive/byteorder': text('big') })],
    [/a checkpoint that is a dictionary/, archive([1, 2])],
    [/a complete zip archive, .*truncated/, archive({ x: 1 }).subarray(0, 150)],
  ];
  for (const [message, bytes] of cases) refused(() => readTorchCheckpoint(bytes, 'old.pt'), message);
  assert.equal(
    readTorchCheckpoint(archive({ x: 1 }, {}, { 'archive/byteorder': text('little') }), 'new.pt').entries.x,
    1,
  );
});

test('damage inside a storage is noticed when it is read', () => {
  const storage = Float32Array.of(1.25, 2.25, 3.25);
  const bytes = Buffer.from(
    archive({ model: { 'unet0.a.weight': stored('Float', '0', 3, [3], [1]) } }, { 0: bytesOf(storage) }),
  );
  bytes[bytes.indexOf(Buffer.from(bytesOf(storage)))] ^= 1;
  const checkpoint = readTorchCheckpoint(bytes, 'damaged.pt');
  refused(
    () => torchStateDict(checkpoint, 'model'),
    /damaged.pt: expected the file "archive\/data\/0" inside to match its checksum/,
  );
});

test('the weights are found in each form of a checkpoint', () => {
  const one = (value: number) => stored('Float', String(value), 1, [1], [1]);
  const storages = Object.fromEntries([1, 2, 3].map((value) => [value, bytesOf(Float32Array.of(value))]));
  const read = (value: Python, which: 'model' | 'ema' = 'model') => {
    const weights = torchStateDict(readTorchCheckpoint(archive(value, storages), 'file.pt'), which);
    return Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data[0]]));
  };
  const full = {
    step: 3,
    model: { alphas: one(3), 'model.unet0.a.weight': one(1), 'model.unet1.a.weight': one(2) },
    ema: {
      initted: one(3),
      'online_model.model.unet0.a.weight': one(1),
      'ema_model.model.unet0.a.weight': one(2),
      'ema_model.betas2': one(3),
    },
    scaler: null,
  };
  assert.deepEqual(read(full), { 'unet0.a.weight': 1, 'unet1.a.weight': 2 });
  assert.deepEqual(read(full, 'ema'), { 'unet0.a.weight': 2 });
  assert.deepEqual(read({ 'unet0.a.weight': one(1) }), { 'unet0.a.weight': 1 });
  assert.deepEqual(read({ state_dict: { 'module.model.unet0.a.weight': one(1) } }), { 'unet0.a.weight': 1 });
  assert.deepEqual(read({ model: { 'a.weight': one(1) } }), { 'unet0.a.weight': 1 });
  const shared = { 'model.ups_no_skip.a': one(1), 'model.a.weight': one(2) };
  assert.deepEqual(read({ model: shared }), { 'ups_no_skip.a': 1, 'a.weight': 2 });
  refused(
    () => read({ model: full.model }, 'ema'),
    /an averaged model under "ema", got model; take the weights "model"/,
  );
  refused(() => read({ step: 3, epoch: 4 }), /a state dict, alone or under "model", got step, epoch/);
  refused(() => read({ model: { kind: 'torch-tensor' } }), /a state dict/);
  refused(() => networkWeights({ 'model.a.b': 1, 'module.a.b': 2 }, 'file'), /two tensors named unet0.a.b/);
});

test("schedules are read from the reference's tables; from other tables only T", () => {
  const tables = (alphas: ArrayLike<number>, betas2: ArrayLike<number>) => {
    const model = {
      'model.unet0.a.weight': stored('Float', '0', alphas.length, [1], [1]),
      alphas: stored('Float', '0', alphas.length, [alphas.length], [1]),
      betas2: stored('Float', '1', betas2.length, [betas2.length], [1]),
    };
    const bytes = archive({ model }, { 0: bytesOf(Float32Array.from(alphas)), 1: bytesOf(Float32Array.from(betas2)) });
    return torchSchedule(readTorchCheckpoint(bytes, 'file.pt'), 'model');
  };
  const found = { kind: 'power', timesteps: 4, alpha: 'increasing', beta: 'mean', noiseStrength: 1 };
  assert.deepEqual(tables([0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]), found);
  assert.deepEqual(tables([0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25]), { timesteps: 4 });
  assert.deepEqual(tables([0.4, 0.3, 0.2, 0.1], [0.25, 0.25]), {});
  assert.deepEqual(tables([1, 2, 3, 4], [0.25, 0.25, 0.25, 0.25]), { timesteps: 4 });
  for (const kind of ddimKinds) {
    for (const timesteps of [100, 1000]) {
      const { alpha, betaSquared } = createSchedule({ kind, timesteps });
      assert.deepEqual(tables(alpha, betaSquared), { kind, timesteps, noiseStrength: 1 });
      // In the form that the reference saves.
      alpha[0] = 0;
      betaSquared[0] = 0;
      assert.deepEqual(tables(alpha, betaSquared), { kind, timesteps, noiseStrength: 1 });
      alpha[timesteps / 2] *= 1.1;
      assert.deepEqual(tables(alpha, betaSquared), { timesteps });
    }
  }
});

test('any changed bytes give a checkpoint or a sentence', () => {
  const bytes = archive(
    { model: { 'unet0.a.weight': stored('Float', '0', 2, [2], [1]) } },
    { 0: bytesOf(Float32Array.of(1, 2)) },
  );
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const changed = bytes.slice();
      for (const [index, value] of changes) changed[index] = value;
      try {
        torchStateDict(readTorchCheckpoint(changed, 'file.pt'), 'model');
      } catch (error) {
        assert.ok(error instanceof RddmError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
