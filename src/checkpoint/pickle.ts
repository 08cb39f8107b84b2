/**
 * An unpickler that cannot execute anything. A Python pickle is a program for a stack machine whose `GLOBAL` and
 * `REDUCE` instructions import and call whatever the file names. Here a global is refused unless the caller listed it,
 * and the function called for it is the caller's own. Covers what torch.save writes (protocols 2 to 5): numbers, text,
 * bytes, tuples, lists, dictionaries. Classes, sets and protocols 0 and 1 are refused.
 *
 * Written here rather than taken from npm: pickleparser calls whatever function is on the stack, including
 * `__setstate__` of any object, assigns keys of the file (`__proto__`) to objects, and reads negative long integers as
 * positive.
 */
import { expected, type RddmError } from '../math/errors.ts';
import { shortened } from '../math/show.ts';

/** A global that a pickle may name. Only its own `call` can ever run. */
export interface PickleGlobal {
  readonly kind: 'pickle-global';
  readonly name: string;
  /** What REDUCE does with it; returns `undefined` for invalid arguments. Without `call` the global is only a name. */
  readonly call?: (args: readonly unknown[]) => unknown;
}

/** What a pickle may refer to. */
export interface PickleRules {
  /** The allowed globals by full name, for example `collections.OrderedDict`. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Data outside the pickle, by its persistent id; `undefined` if there is none. */
  readonly persistent: (identity: unknown) => unknown;
  /** What the user can do if a pickle refers to anything else. */
  readonly remedy: string;
}

/** A Python dictionary. It has no prototype, so that no key has a meaning in JavaScript. */
export type PickleDict = Record<string, unknown>;

export const newPickleDict = (): PickleDict => Object.create(null) as PickleDict;

/** Whether a value of a pickle is a dictionary. */
export const isPickleDict = (value: unknown): value is PickleDict =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;

/** Sets a key of a Python dictionary: text, or a number, which becomes text. Returns false for any other key. */
export function setPickleItem(dict: PickleDict, key: unknown, value: unknown): boolean {
  if (!['string', 'number', 'bigint', 'boolean'].includes(typeof key)) return false;
  dict[String(key)] = value;
  return true;
}

/** The instructions, by their names in Python's pickletools. */
const op = {
  ...{ PROTO: 0x80, FRAME: 0x95, STOP: 0x2e, MARK: 0x28, POP: 0x30, POP_MARK: 0x31, DUP: 0x32 },
  ...{ BINPUT: 0x71, LONG_BINPUT: 0x72, MEMOIZE: 0x94, BINGET: 0x68, LONG_BINGET: 0x6a },
  ...{ NONE: 0x4e, NEWTRUE: 0x88, NEWFALSE: 0x89 },
  ...{ BININT: 0x4a, BININT1: 0x4b, BININT2: 0x4d, LONG1: 0x8a, BINFLOAT: 0x47 },
  ...{ BINUNICODE: 0x58, SHORT_BINUNICODE: 0x8c, BINUNICODE8: 0x8d, BINBYTES: 0x42, SHORT_BINBYTES: 0x43 },
  ...{ EMPTY_TUPLE: 0x29, TUPLE: 0x74, TUPLE1: 0x85, TUPLE2: 0x86, TUPLE3: 0x87 },
  ...{ EMPTY_LIST: 0x5d, LIST: 0x6c, APPEND: 0x61, APPENDS: 0x65 },
  ...{ EMPTY_DICT: 0x7d, DICT: 0x64, SETITEM: 0x73, SETITEMS: 0x75 },
  ...{ GLOBAL: 0x63, STACK_GLOBAL: 0x93, INST: 0x69, REDUCE: 0x52, NEWOBJ: 0x81, BUILD: 0x62, BINPERSID: 0x51 },
} as const;

/**
 * Reads a pickle. Executes nothing but `call` of the globals in `rules`.
 *
 * @param bytes the pickle; byte strings in the result are views of it
 * @returns null, booleans, numbers, bigints (beyond 2^53), text, bytes, arrays (lists and tuples), dictionaries without
 *   prototype, and whatever the rules return
 * @throws RddmError naming the global that is not allowed, or if the pickle is damaged or of another kind
 */
export const unpickle = (bytes: Uint8Array, rules: PickleRules, where: string): unknown =>
  unpickleAt(bytes, 0, rules, where).value;

/** Reads the pickle that begins at `start`, and returns where it ends: some files hold several in sequence. */
export function unpickleAt(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules,
  where: string,
): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const callees = new Set<unknown>(rules.globals.values());
  const isGlobal = (value: unknown): value is PickleGlobal => callees.has(value);
  const memo = new Map<number, unknown>();
  const outer: unknown[][] = [];
  let stack: unknown[] = [];
  let position = start;

  const damaged = (got: string): RddmError =>
    expected(where, 'a pickle as torch.save writes it', got, 'the file is damaged or was written by something else');
  const take = (count: number): number => {
    const start = position;
    position += count;
    if (position > bytes.length) throw damaged('a truncated one');
    return start;
  };
  const u8 = (): number => view.getUint8(take(1));
  const u16 = (): number => view.getUint16(take(2), true);
  const u32 = (): number => view.getUint32(take(4), true);
  const u64 = (): number => {
    const start = take(8);
    return view.getUint32(start, true) + view.getUint32(start + 4, true) * 2 ** 32;
  };
  const chunk = (count: number): Uint8Array => bytes.subarray(take(count), position);
  const text = (count: number): string => decoder.decode(chunk(count));
  const line = (): string => {
    const end = bytes.indexOf(0x0a, position);
    if (end < 0) throw damaged('a truncated one');
    const result = text(end - position);
    position++;
    return result;
  };
  const push = (value: unknown): void => {
    stack.push(value);
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw damaged('one that pops an empty stack');
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0) throw damaged('one that reads an empty stack');
    return stack[stack.length - 1];
  };
  /** Everything pushed since the last mark. */
  const popToMark = (): unknown[] => {
    const items = stack;
    const below = outer.pop();
    if (!below) throw damaged('one without the mark it refers to');
    stack = below;
    return items;
  };
  const recall = (index: number): unknown => {
    if (!memo.has(index)) throw damaged('one that refers to something it never stored');
    return memo.get(index);
  };
  const setItems = (items: readonly unknown[], dict: unknown): PickleDict => {
    if (!isPickleDict(dict) || items.length % 2 !== 0)
      throw damaged('one that sets items of something that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) {
      if (!setPickleItem(dict, items[i], items[i + 1]))
        throw damaged('a dictionary whose keys are not text or numbers');
    }
    return dict;
  };
  const append = (items: readonly unknown[], list: unknown): void => {
    if (!Array.isArray(list)) throw damaged('one that appends to something that is not a list');
    for (const item of items) list.push(item);
  };
  const global = (module: string, name: string): PickleGlobal => {
    const known = rules.globals.get(`${module}.${name}`);
    if (known) return known;
    const asked = `one that asks for ${shortened(`${module}.${name}`, 100)} (nothing was run)`;
    throw expected(where, 'a checkpoint of plain tensors', asked, rules.remedy);
  };
  const call = (): void => {
    const [args, callee] = [pop(), pop()];
    if (!isGlobal(callee) || !Array.isArray(args)) throw damaged('one that calls something that is not a function');
    const result = callee.call?.(args);
    if (result === undefined) throw damaged(`one that passes wrong arguments to ${callee.name}`);
    push(result);
  };
  /** Little-endian two's complement of any length. */
  const long = (count: number): number | bigint => {
    let value = 0n;
    const digits = chunk(count);
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]);
    value = BigInt.asIntN(8 * count, value);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  };

  const instructions: Readonly<Record<number, () => unknown>> = {
    [op.PROTO]: () => {
      const protocol = u8();
      if (protocol > 5) throw damaged(`protocol ${protocol}`);
    },
    [op.FRAME]: () => take(8),
    [op.MARK]: () => {
      outer.push(stack);
      stack = [];
    },
    [op.POP]: pop,
    [op.POP_MARK]: popToMark,
    [op.DUP]: () => push(top()),
    [op.BINPUT]: () => memo.set(u8(), top()),
    [op.LONG_BINPUT]: () => memo.set(u32(), top()),
    [op.MEMOIZE]: () => memo.set(memo.size, top()),
    [op.BINGET]: () => push(recall(u8())),
    [op.LONG_BINGET]: () => push(recall(u32())),

    [op.NONE]: () => push(null),
    [op.NEWTRUE]: () => push(true),
    [op.NEWFALSE]: () => push(false),
    [op.BININT]: () => push(view.getInt32(take(4), true)),
    [op.BININT1]: () => push(u8()),
    [op.BININT2]: () => push(u16()),
    [op.LONG1]: () => push(long(u8())),
    [op.BINFLOAT]: () => push(view.getFloat64(take(8), false)),
    [op.BINUNICODE]: () => push(text(u32())),
    [op.SHORT_BINUNICODE]: () => push(text(u8())),
    [op.BINUNICODE8]: () => push(text(u64())),
    [op.BINBYTES]: () => push(chunk(u32())),
    [op.SHORT_BINBYTES]: () => push(chunk(u8())),

    [op.EMPTY_TUPLE]: () => push([]),
    [op.TUPLE]: () => push(popToMark()),
    [op.TUPLE1]: () => push([pop()]),
    [op.TUPLE2]: () => push([pop(), pop()].reverse()),
    [op.TUPLE3]: () => push([pop(), pop(), pop()].reverse()),
    [op.EMPTY_LIST]: () => push([]),
    [op.LIST]: () => push(popToMark()),
    [op.APPEND]: () => append([pop()], top()),
    [op.APPENDS]: () => append(popToMark(), top()),
    [op.EMPTY_DICT]: () => push(newPickleDict()),
    [op.DICT]: () => push(setItems(popToMark(), newPickleDict())),
    [op.SETITEM]: () => setItems([pop(), pop()].reverse(), top()),
    [op.SETITEMS]: () => setItems(popToMark(), top()),

    [op.GLOBAL]: () => push(global(line(), line())),
    [op.STACK_GLOBAL]: () => {
      const [name, module] = [pop(), pop()];
      if (typeof name !== 'string' || typeof module !== 'string') throw damaged('a global whose name is not text');
      push(global(module, name));
    },
    [op.INST]: () => {
      throw damaged(`one that makes an instance of ${global(line(), line()).name}`);
    },
    [op.REDUCE]: call,
    [op.NEWOBJ]: call,
    // Attributes of a dictionary (PyTorch's version notes) do not affect its entries.
    [op.BUILD]: () => {
      pop();
      if (!isPickleDict(top())) throw damaged('one that sets attributes of an object');
    },
    [op.BINPERSID]: () => {
      const value = rules.persistent(pop());
      if (value === undefined) throw damaged('one that refers to external data that does not exist');
      push(value);
    },
  };

  for (;;) {
    const opcode = u8();
    if (opcode === op.STOP) return { value: pop(), end: position };
    const instruct = instructions[opcode];
    if (!instruct) throw damaged(`instruction 0x${opcode.toString(16)}`);
    instruct();
  }
}
