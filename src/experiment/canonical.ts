/**
 * JSON as identity: what differs in nothing but the order of its members is the same text, and a small difference can
 * be laid over a shared base.
 */

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lays `change` over `base` by RFC 7396: objects are merged, null takes a member away, all else replaces. */
export function merged(base: Json | undefined, change: Json): Json {
  if (!isObject(change)) return change;
  const result: Record<string, Json> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** JSON with the members of every object in the order of their names. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`;
}

/** `change` as an object whose one leaf stands at a dotted path: `{ a: { b: value } }` of `a.b`. */
export const atPath = (path: string, value: Json): Json =>
  path.split('.').reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
