/**
 * How errors show values: never longer than a line, and never with a character that moves the cursor, colours the
 * terminal or changes the writing direction. Names and numbers in messages come from files and callers, so every
 * message passes here.
 */

/** The longest value in a message, in characters. */
const LINE = 120;
/** How deep into objects and lists a message goes. */
const DEPTH = 4;

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string =>
  escapes[character] ??
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/** A text with its control, format and line-breaking characters (Unicode Cc, Cf, Zl, Zp) and lone surrogates as escapes. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped);

/**
 * A printable text of at most `length` characters: a longer one keeps its beginning and end, since a path needs both.
 */
export function shortened(text: string, length = LINE): string {
  const isLong = text.length > 4 * length;
  const characters = [...printable(isLong ? text.slice(0, 2 * length) + text.slice(-2 * length) : text)];
  if (characters.length <= length) return characters.join('');
  const end = Math.floor((length - 1) / 3);
  return `${characters.slice(0, length - 1 - end).join('')}…${characters.slice(-end).join('')}`;
}

/**
 * Appends a value to a text that stops growing once it is longer than a line, so that a million numbers take no longer
 * than ten.
 */
function write(value: unknown, text: string, depth: number): string {
  if (text.length > LINE) return text;
  if (typeof value === 'string') return text + JSON.stringify(value.slice(0, 2 * LINE));
  if (typeof value === 'bigint') return `${text}${value}n`;
  if (typeof value === 'function') return `${text}a function`;
  if (typeof value !== 'object' || value === null) return text + String(value);
  if (depth === 0) return `${text}…`;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const kind = Array.isArray(value) ? '' : `${Object.getPrototypeOf(value)?.constructor?.name} `;
    const items = value instanceof DataView ? [] : (value as ArrayLike<unknown>);
    let result = `${text}${kind}[`;
    for (let i = 0; i < items.length && result.length <= LINE; i++) {
      result = write(items[i], i > 0 ? `${result},` : result, depth - 1);
    }
    return `${result}]`;
  }
  let result = `${text}{`;
  for (const key in value) {
    if (result.length > LINE) break;
    if (!Object.hasOwn(value, key)) continue;
    const start = `${result === `${text}{` ? result : `${result},`}${JSON.stringify(key.slice(0, 2 * LINE))}:`;
    result = write((value as Record<string, unknown>)[key], start, depth - 1);
  }
  return `${result}}`;
}

/** The beginning of a value as JSON, with names for values that JSON lacks: NaN, typed arrays, functions. */
export function shown(value: unknown, length = LINE): string {
  try {
    const characters = [...printable(write(value, '', DEPTH))];
    return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : characters.join('');
  } catch {
    return 'an object that cannot be read';
  }
}

/** A name in quotes, for use in a sentence. */
export const quoted = (name: string): string => `"${shortened(name, LINE / 2)}"`;
