import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RddmError } from '../math/errors.ts';
import { type PickleGlobal, type PickleRules, unpickle } from './pickle.ts';

const calls: unknown[] = [];
const rules: PickleRules = {
  globals: new Map<string, PickleGlobal>([
    [
      'own.pair',
      {
        kind: 'pickle-global',
        name: 'own.pair',
        call: (args) => {
          calls.push(args);
          return args.length === 2 ? { pair: args } : undefined;
        },
      },
    ],
    ['own.name', { kind: 'pickle-global', name: 'own.name' }],
  ]),
  persistent: (identity) => (identity === 'known' ? { outside: true } : undefined),
  remedy: 'save only the weights',
};
/** Bytes of a pickle: text as Latin-1, numbers as bytes. */
const pickle = (...parts: (string | number)[]) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1')))),
  );
const load = (...parts: (string | number)[]) => unpickle(pickle(...parts), rules, 'file');
const refused = (bytes: Uint8Array, message: RegExp) =>
  assert.throws(
    () => unpickle(bytes, rules, 'file'),
    (error) => error instanceof RddmError && message.test(error.message),
    String(message),
  );

test('pickles written by Python are read', () => {
  // pickle.dumps({'a': [1, 300, 70000, -2, 2**40, -2**40, 2**70], 'b': (True, False, None), 'c': 0.5, 'd': b'xy', 7: 'ä'}, protocol)
  const files = {
    2: '80027d71002858010000006171015d7102284b014d2c014a701101004afeffffff8a060000000000018a060000000000ff8a0900000000000000004065580100000062710388894e8771045801000000637105473fe00000000000005801000000647106635f636f646563730a656e636f64650a710758020000007879710858060000006c6174696e31710986710a52710b4b075802000000c3a4710c752e',
    4: '8004955d000000000000007d94288c0161945d94284b014d2c014a701101004afeffffff8a060000000000018a060000000000ff8a09000000000000000040658c01629488894e87948c016394473fe00000000000008c01649443027879944b078c02c3a494752e',
  };
  const read = unpickle(new Uint8Array(Buffer.from(files[4], 'hex')), rules, 'file') as Record<string, unknown>;
  assert.deepEqual(Object.entries(read), [
    ['7', 'ä'],
    ['a', [1, 300, 70000, -2, 2 ** 40, -(2 ** 40), 2n ** 70n]],
    ['b', [true, false, null]],
    ['c', 0.5],
    ['d', pickle('xy')],
  ]);
  // Protocol 2 writes byte strings as a call of _codecs.encode, which is not on the list.
  refused(new Uint8Array(Buffer.from(files[2], 'hex')), /asks for _codecs.encode \(nothing was run\); save only/);
});

test('allowed globals are called, and nothing else', () => {
  calls.length = 0;
  assert.deepEqual(load('cown\npair\nK\x01K\x02\x86R.'), { pair: [1, 2] });
  assert.deepEqual(load('\x8c\x03own\x8c\x04pair\x93K\x01K\x02\x86\x81.'), { pair: [1, 2] });
  assert.deepEqual(calls, [
    [1, 2],
    [1, 2],
  ]);
  assert.deepEqual(load('X\x05\0\0\0knownQ.'), { outside: true });
});

test('a global that is not on the list is refused by name, wherever it appears', () => {
  refused(
    pickle("cos\nsystem\n(S'echo'\ntR."),
    /file: expected a checkpoint of plain tensors, got one that asks for os.system/,
  );
  refused(pickle('\x80\x04\x8c\x02os\x8c\x06system\x93.'), /os.system/);
  refused(pickle("(S'echo'\nios\nsystem\n."), /instruction 0x53/);
  refused(pickle('(X\x04\0\0\0echoios\nsystem\n.'), /os.system/);
  refused(pickle('(ios\nsystem\n.'), /os.system/);
  refused(pickle('}X\x01\0\0\0a(]cbuiltins\neval\nes.'), /builtins.eval/);
  refused(pickle('cown.pair\nconstructor\n.'), /own.pair.constructor/);
  refused(pickle('c__builtin__\ngetattr\n.'), /__builtin__.getattr/);
  refused(pickle('\x8c\x01\x1b\x8c\x01\n\x93.'), /\\u001b\.\\n/);
});

test('random names are never allowed', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('own', 'pair', '__proto__', 'constructor', 'toString', ''));
  fc.assert(
    fc.property(part, part, (module, name) => {
      fc.pre(!rules.globals.has(`${module}.${name}`));
      const text = (value: string) => {
        const bytes = Buffer.from(value);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return Buffer.concat([Buffer.of(0x58), length, bytes]);
      };
      refused(
        new Uint8Array(Buffer.concat([text(module), text(name), Buffer.from('\x93)R.', 'latin1')])),
        /asks for .*nothing was run/s,
      );
    }),
  );
});

test('calls and attributes of anything but allowed globals are refused', () => {
  refused(pickle('X\x01\0\0\0a)R.'), /calls something that is not a function/);
  refused(pickle('})R.'), /calls something that is not a function/);
  refused(pickle('cown\nname\n)R.'), /passes wrong arguments to own.name/);
  refused(pickle('cown\npair\n)R.'), /passes wrong arguments to own.pair/);
  refused(pickle('cown\npair\nK\x01R.'), /calls something that is not a function/);
  refused(pickle('cown\npair\n}X\x04\0\0\0callK\x01sb.'), /sets attributes of an object/);
  refused(pickle('cown\npair\nX\x04\0\0\0callK\x01s.'), /sets items of something that is not a dictionary/);
  refused(pickle('cown\npair\nK\x01a.'), /appends to something that is not a list/);
});

test('names from the file have no meaning in JavaScript', () => {
  const key = (text: string) => `X${String.fromCharCode(text.length)}\0\0\0${text}`;
  const read = load('}', key('__proto__'), '}', key('polluted'), 'K\x01ss', key('__setstate__'), 'K\x02s.') as Record<
    string,
    unknown
  >;
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal(Object.getPrototypeOf(read), null);
  assert.deepEqual(Object.keys(read), ['__proto__', '__setstate__']);
  // A dictionary that looks like a global is not one.
  refused(pickle('}', key('kind'), key('pickle-global'), 's)R.'), /gives|calls/);
});

test('damaged pickles are refused with a sentence', () => {
  for (const bad of [
    '',
    'K',
    'K\x01',
    'X\xff\xff\xff\xff',
    '\x8d\xff\xff\xff\xff\xff\xff\xff\xff',
    '.',
    '0.',
    '2.',
    't.',
    'h\x05.',
    '}K\x01s.',
    '}(K\x01u.',
    '}}K\x01s.',
    'cos',
    'X\x01\0\0\0aQ.',
    'NN\x93.',
    '}}\x93.',
    '\x80\x09.',
  ]) {
    refused(pickle(bad), /^file: expected a pickle as torch.save writes it, got .*damaged/);
  }
});

test('any bytes give a value or a sentence', () => {
  const opcode = fc.constantFrom(...'()]}KMJNRbhqstuae.Qcildj012X\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95B');
  const program = fc.array(fc.oneof(opcode, fc.constantFrom('\0', '\x01', 'own\npair\n')), { maxLength: 30 });
  fc.assert(
    fc.property(program, (parts) => {
      try {
        load(...parts, '.');
      } catch (error) {
        assert.ok(error instanceof RddmError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
