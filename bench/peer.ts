/**
 * A peer: another implementation that can do some of our tasks. To add one, write a file in bench/peers that exports a
 * `Peer`, with a child beside it that speaks the protocol of protocol.ts (serve.ts implements it for TypeScript), and
 * add it to bench/peers.ts. A peer that cannot run whole networks brings its own kind of task (task.ts, cases.ts), and
 * a child of ours for it (bench/ours, run-case.ts).
 */
import type { ChildCommand } from './child.ts';
import type { Task } from './task.ts';

/** Another implementation. */
export interface Peer {
  /** Its name in tables and in the JSON. */
  readonly name: string;
  /** Which tasks it can do. */
  runs(task: Task): boolean;
  /** How to start its child on this machine, or a sentence that says why that fails and what would help. */
  find(): Promise<ChildCommand | string>;
}
