/**
 * The order in which nodes stand in the ONNX file, so that ONNX Runtime runs them in ours. It does not run a file from
 * top to bottom: it walks back from the ends, visits of a node's inputs the one that stands last in the file first, and
 * runs each node on the way out. What only the backward pass needs (shifted copies, transposes, derivatives) would then be
 * computed on the way in, for the whole network, and held: twice the memory.
 *
 * So of all nodes that may come next in the file, the one that shall run last comes first.
 */
import type { Node } from '../graph/node.ts';

/** @param nodes in the order in which they shall run, inputs before users */
export function emissionOrder(nodes: readonly Node[]): Node[] {
  const position = new Map(nodes.map((node, i) => [node, i]));
  const users = nodes.map((): number[] => []);
  const waiting = nodes.map(({ inputs }, i) => {
    const different = new Set(inputs);
    for (const input of different) users[position.get(input) as number].push(i);
    return different.size;
  });

  /** Positions of the nodes that may come next, the smallest first. */
  const ready: number[] = [];
  const insert = (i: number): void => {
    let [low, high] = [0, ready.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ready[middle] < i) low = middle + 1;
      else high = middle;
    }
    ready.splice(low, 0, i);
  };
  waiting.forEach((count, i) => {
    if (count === 0) insert(i);
  });

  const order: Node[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    order.push(nodes[next]);
    for (const user of users[next]) if (--waiting[user] === 0) insert(user);
  }
  return order;
}
