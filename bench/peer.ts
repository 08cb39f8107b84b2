/**
 * What a peer is: another implementation that does some of our tasks. To add one, write a file in bench/peers that
 * exports a `Peer`, with a child beside it that speaks the protocol of protocol.ts (serve.ts speaks it for TypeScript), and
 * name it in bench/peers.ts. One that cannot run whole networks brings a kind of task of its own (task.ts, cases.ts), with
 * a child of ours that does it too (bench/ours, run-case.ts).
 */
import type { ChildCommand } from './child.ts';
import type { Task } from './task.ts';

/** Another implementation. */
export interface Peer {
  /** As it stands in tables and in the JSON. */
  readonly name: string;
  /** Which tasks it does. */
  runs(task: Task): boolean;
  /** How its child is started on this machine, or a sentence that says why it cannot be and what would help. */
  find(): Promise<ChildCommand | string>;
}
