/**
 * The settings of a degradation, read from its schema, for the options of the command line and the tables in the
 * documentation.
 */
import { z } from 'zod';
import { type DegradationKind, degradations } from './degradation.ts';
import type { DegradationRule } from './degraded.ts';
import type { Range } from './range.ts';

/** A setting: a number or range within bounds, or one of several words. */
export type Setting = { readonly name: string; readonly meaning: string } & (
  | { readonly bounds: Range; readonly default: Range }
  | { readonly choices: readonly string[]; readonly default: string }
);

/** The part of JSON Schema that settings use. */
interface Property {
  readonly description: string;
  readonly default: Range & string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly [{ readonly minimum: number; readonly maximum: number }, unknown];
}

/** The settings of a degradation in the order in which they are drawn. */
export function settingsOf(kind: DegradationKind): Setting[] {
  const { properties } = z.toJSONSchema(degradations[kind].schema, { io: 'input' });
  return Object.entries(properties as unknown as Readonly<Record<string, Property>>).map(([name, property]) => {
    const { description: meaning, default: value, enum: choices, anyOf } = property;
    if (choices) return { name, meaning, choices, default: value };
    const [{ minimum, maximum }] = anyOf as NonNullable<typeof anyOf>;
    return { name, meaning, bounds: [minimum, maximum], default: value };
  });
}

/** The settings that only count if another one has a given value. */
export const conditionsOf = (kind: DegradationKind): NonNullable<DegradationRule<z.ZodObject>['onlyWith']> =>
  (degradations[kind] as DegradationRule<z.ZodObject>).onlyWith ?? {};
