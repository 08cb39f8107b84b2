/** JSON as Python writes it: `NaN`, `Infinity` and `-Infinity` stand in it bare, which JSON itself does not know. */

/** Bare numbers without a value in JSON; strings are matched first, so that words within them stay. */
const bare = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

const special: Readonly<Partial<Record<string, number>>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** Bare NaN and infinities become numbers; so does a string that is nothing but one of them, as other writers quote them. */
export const parsePythonJson = (text: string): unknown =>
  JSON.parse(
    text.replaceAll(bare, (token) => (token.startsWith('"') ? token : `"${token}"`)),
    (_, value) => (typeof value === 'string' ? (special[value] ?? value) : value),
  );
