/**
 * Validates what people write against a schema, and reports problems as everything here does: what was expected, and
 * what came. Each schema stands beside its subject.
 */
import type { z } from 'zod';
import { RddmError } from './errors.ts';
import { quoted, shortened, shown } from './show.ts';

/** Reports that fields contradict each other: a sentence, and the path of the field that is wrong. */
export type Refuse = (message: string, path: string[]) => void;

/** A problem as zod reports it; while it is being raised it also has the value and the schema. */
type Problem = z.core.$ZodRawIssue | z.core.$ZodIssue;

/** A list of a thousand wrong entries is one mistake. */
const MOST_PROBLEMS = 10;

const types: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  tuple: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** `a, b or c` */
function oneOf(words: readonly string[]): string {
  const [last = '', ...others] = [...new Set(words)].reverse();
  return others.length > 0 ? `${others.reverse().join(', ')} or ${last}` : last;
}

/** A value as it was written, or the beginning of it. */
const written = (value: unknown): string => (value === undefined ? 'nothing' : shown(value, 60));

function size(origin: string, bound: string): string {
  if (origin === 'string') return `a text of ${bound} characters`;
  return origin === 'array' ? `a list of ${bound} entries` : `a number ${bound.replace(/^at/, 'of at')}`;
}

/** The keys that an object's schema knows. */
function knownKeys({ inst }: z.core.$ZodRawIssue): string {
  const { shape = {} } = (inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def ?? {};
  return Object.keys(shape).join(', ');
}

/** What would have been accepted; undefined if only zod knows. */
function expectation(problem: Problem): string | undefined {
  switch (problem.code) {
    case 'invalid_type':
      return types[problem.expected as string] ?? String(problem.expected);
    case 'too_small':
      return size(problem.origin as string, `${problem.inclusive ? 'at least' : 'above'} ${problem.minimum}`);
    case 'too_big':
      return size(problem.origin as string, `${problem.inclusive ? 'at most' : 'below'} ${problem.maximum}`);
    case 'invalid_value':
      return oneOf((problem.values as unknown[]).map((value) => written(value)));
    case 'invalid_union': {
      if ('options' in problem) return oneOf((problem.options as unknown[]).map((value) => written(value)));
      const choices = (problem.errors as z.core.$ZodIssue[][]).map(([first]) => first && expectation(first));
      return choices.every((choice) => choice !== undefined) ? oneOf(choices) : undefined;
    }
    default:
      return undefined;
  }
}

/** The sentence of a problem; undefined leaves it to zod. */
function sentenceOf(problem: z.core.$ZodRawIssue): string | undefined {
  const { code, input } = problem;
  if (code === 'unrecognized_keys') {
    const keys = (problem.keys as string[]).map((key) => quoted(key));
    const remedy = `correct or remove ${keys.length > 1 ? 'them' : 'it'}`;
    return `expected only the keys ${knownKeys(problem)}, got ${keys.join(', ')}: ${remedy}`;
  }
  const what = expectation(problem);
  const isChoice = code === 'invalid_union' && problem.discriminator !== undefined;
  const value = isChoice ? (input as Record<string, unknown>)[problem.discriminator as string] : input;
  return what && `expected ${what}, got ${written(value)}`;
}

/**
 * One sentence for all problems that a schema found.
 *
 * @param where the file or function that reports them
 */
export function schemaError(where: string, { issues }: z.ZodError): RddmError {
  const sentences = issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => {
    const at = path.length > 0 ? `${quoted(path.join('.'))}: ` : '';
    return `${at}${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  });
  if (issues.length > MOST_PROBLEMS) sentences.push(`and ${issues.length - MOST_PROBLEMS} more problems`);
  return new RddmError(`${shortened(where)}: ${sentences.join('; ')}`);
}

/** The problems that a schema finds, one sentence each; empty if there are none. */
export const problemsOf = (schema: z.ZodType, input: unknown): z.core.$ZodIssue[] =>
  schema.safeParse(input, { error: sentenceOf }).error?.issues ?? [];

/**
 * Validates a value that someone wrote, and fills in its defaults.
 *
 * @param where the file or function that reports problems
 * @throws RddmError with one sentence that names each wrong field, what was expected and what came instead
 */
export function validated<Schema extends z.ZodType>(schema: Schema, input: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(input, { error: sentenceOf });
  if (!result.success) throw schemaError(where, result.error);
  return result.data;
}
