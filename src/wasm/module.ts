/**
 * Writes WebAssembly modules, as far as passes need them: one exported function `run` over an imported memory
 * (WebAssembly core specification 2.0, binary format).
 */

/** The types of parameters and locals. */
export type ValueType = 'i32' | 'f32' | 'v128';

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const text = (value: string): number[] => list([...new TextEncoder().encode(value)].map((byte) => [byte]));

/** A function without result. */
export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  /** The instructions, without the closing `end`. */
  readonly body: readonly number[];
}

/** The bytes of a module that imports `env.memory` and exports `run`. */
export function encodeModule({ parameters, locals, body }: WasmFunction): Uint8Array<ArrayBuffer> {
  const code = [...list(locals.map((type) => [1, typeCodes[type]])), ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // \0asm, version 1
    ...section(1, list([[0x60, ...list(parameters.map((type) => [typeCodes[type]])), 0]])), // types
    ...section(2, list([[...text('env'), ...text('memory'), 0x02, 0x00, 0x00]])), // imports: a memory of any size
    ...section(3, list([[0]])), // functions: one, of type 0
    ...section(7, list([[...text('run'), 0x00, 0x00]])), // exports
    ...section(10, list([[...unsigned(code.length), ...code]])), // code
  ]);
}
