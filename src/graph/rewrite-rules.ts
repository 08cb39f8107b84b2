/**
 * The type of a rewrite rule. A rule knows one node and what it reads, not who reads it; simplify.ts walks the graph.
 */
import type { Attributes, Node, OpName } from './node.ts';

/** Makes a node in its simplest form. */
export type Make = <K extends OpName>(op: K, inputs: readonly Node[], attributes: Attributes[K]) => Node;

/** Something simpler with the node's value and shape, or undefined. Everything it makes is already simple. */
export type RewriteRule<K extends OpName> = (node: Node<K>, make: Make) => Node | undefined;

/** The rules of an op; the first that applies counts. Many ops have none. */
export type RewriteRules = { readonly [K in OpName]?: readonly RewriteRule<K>[] };
