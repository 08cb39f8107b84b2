/**
 * Every kind of network, by its name in a configuration. To add one, write a file that exports a `NetworkKind`, and add
 * its line to `networkKinds`; schema, training, restoration, inspection and conversion then know it.
 */
import { z } from 'zod';
import type { Refuse } from '../math/validate.ts';
import { diffusers } from './diffusers.ts';
import { local } from './local.ts';
import type { Network, NetworkKind, SettingsSchema } from './network-kind.ts';
import { paper } from './paper.ts';

/** The kinds by name. */
export const networkKinds = { rddm: paper, diffusers, local };

type Kinds = typeof networkKinds;

/** The name of a kind of network. */
export type NetworkName = keyof Kinds;

/** The kind of settings without `kind`, as in configurations from before there were others. */
const unnamed = 'rddm' satisfies NetworkName;

type Named<Name extends NetworkName> = Name extends typeof unnamed ? { kind?: Name | undefined } : { kind: Name };

/** The settings of one kind of network. */
export type NetworkConfigOf<Name extends NetworkName> = {
  [K in Name]: Named<K> & z.output<Kinds[K]['settings']>;
}[Name];
/** The settings of any kind of network, distinguished by `kind`. */
export type NetworkConfig = NetworkConfigOf<NetworkName>;
/** The same as people write them: settings have defaults. */
export type NetworkConfigInput = { [K in NetworkName]: Named<K> & z.input<Kinds[K]['settings']> }[NetworkName];

/** The names of all kinds. */
export const networkNames = Object.keys(networkKinds) as NetworkName[];

/** Anything with the name of a kind, such as a network's settings. */
interface OfKind {
  readonly kind?: NetworkName | undefined;
}

/** The name of a network's kind. */
export const kindName = ({ kind = unnamed }: OfKind): NetworkName => kind;

/** The field of a configuration that says the kind. */
export const kindField = (name: NetworkName): OfKind => (name === unnamed ? {} : { kind: name });

/** The kind of a network. The compiler cannot see that kind and settings match; the schema has checked it. */
export const kindOf = (config: OfKind): NetworkKind<SettingsSchema> => networkKinds[kindName(config)];

/** The network described by settings. */
export const networkOf = (config: NetworkConfig): Network => kindOf(config).network(config);

/** Refuses contradictory settings; paths are relative to the settings. */
export const refuseImpossibleNetwork = (config: NetworkConfig, refuse: Refuse): void =>
  kindOf(config).refuse(config, refuse);

const members = networkNames.map((name) => {
  const { settings, description } = kindOf({ kind: name });
  const literal = z.literal(name);
  const kind = (name === unnamed ? literal.optional() : literal).describe(description);
  return z.strictObject({ kind, ...settings.shape });
});

/** The settings of any kind of network; strict. */
export const networkSchema = z.discriminatedUnion(
  'kind',
  members as [(typeof members)[number], ...typeof members],
) as unknown as z.ZodType<NetworkConfig, NetworkConfigInput>;
