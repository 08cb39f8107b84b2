/** A small pickler for what torch.save writes: arrays become tuples, objects dictionaries, `Code` is literal. */

export interface Code {
  readonly code: string;
}
export type Python = null | boolean | number | string | Code | readonly Python[] | { readonly [key: string]: Python };
const word = (value: number) => String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
export function dump(value: Python): string {
  if (value === null) return 'N';
  if (typeof value === 'boolean') return value ? '\x88' : '\x89';
  if (typeof value === 'number') return `J${word(value)}`;
  if (typeof value === 'string') return `X${word(Buffer.byteLength(value))}${Buffer.from(value).toString('latin1')}`;
  if (Array.isArray(value)) return `(${value.map(dump).join('')}t`;
  if ('code' in value) return (value as Code).code;
  return `}(${Object.entries(value)
    .map(([key, item]) => dump(key) + dump(item))
    .join('')}u`;
}
const global = (name: string): Code => ({ code: `c${name.replace(/\.(\w+)$/, '\n$1')}\n` });
export const call = (name: string, ...args: Python[]): Code => ({ code: `${dump(global(name))}${dump(args)}R` });
export function stored(type: string, key: string, count: number, shape: number[], strides: number[], offset = 0): Code {
  const storage = { code: `${dump(['storage', global(`torch.${type}Storage`), key, 'cpu', count])}Q` };
  return call(
    'torch._utils._rebuild_tensor_v2',
    storage,
    offset,
    shape,
    strides,
    false,
    call('collections.OrderedDict'),
  );
}
export const bytesOf = (array: Float32Array | Float64Array | BigInt64Array | Uint16Array | Uint8Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
