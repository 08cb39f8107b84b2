/** JSON as Python writes it, with bare `NaN`, `Infinity` and `-Infinity`, which are not valid JSON. */

/** Bare numbers that JSON does not have; strings are matched first, so that words within them stay. */
const bare = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

const special: Readonly<Partial<Record<string, number>>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** Bare NaN and infinities become numbers; so does a string of just one of them, since other writers quote them. */
export const parsePythonJson = (text: string): unknown =>
  JSON.parse(
    text.replaceAll(bare, (token) => (token.startsWith('"') ? token : `"${token}"`)),
    (_, value) => (typeof value === 'string' ? (special[value] ?? value) : value),
  );
