/**
 * JSON as identity: values that differ only in the order of their members become the same text, and a small change can
 * be applied to a shared base.
 */

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies `change` to `base` by RFC 7396: objects are merged, null removes a member, anything else replaces. */
export function merged(base: Json | undefined, change: Json): Json {
  if (!isObject(change)) return change;
  const result: Record<string, Json> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** JSON with the members of every object sorted by name. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`;
}

/** An object with one leaf, at a dotted path: `{ a: { b: value } }` for `a.b`. */
export const atPath = (path: string, value: Json): Json =>
  path.split('.').reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
