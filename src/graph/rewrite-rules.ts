/** What a rewrite rule is. A rule knows one node and what it reads, not who reads it; the walk is in simplify.ts. */
import type { Attributes, Node, OpName } from './node.ts';

/** Makes a node in its simplest form. */
export type Make = <K extends OpName>(op: K, inputs: readonly Node[], attributes: Attributes[K]) => Node;

/** Something simpler that has the node's value and shape, or nothing. Whatever it makes is simple already. */
export type RewriteRule<K extends OpName> = (node: Node<K>, make: Make) => Node | undefined;

/** The rules of an op, of which the first that applies counts; many ops have none. */
export type RewriteRules = { readonly [K in OpName]?: readonly RewriteRule<K>[] };
