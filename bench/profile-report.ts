/**
 * Where the time and the bytes of a run go: per operator type, and per operator and shapes, which in a U-Net is nearly
 * per layer. Bytes are what a call reads and writes by its shapes, as float32; caches make some of it free.
 */
import { printJson, printTable } from '../src/cli/output.ts';
import { elementCount } from '../src/math/shape.ts';
import type { KernelCall, Profile } from './profile.ts';

/** Calls that are told together, as means of one run. */
export interface Group {
  readonly op: string;
  /** Input shapes → output shapes; empty where calls of all shapes are together. */
  readonly shapes: string;
  readonly calls: number;
  readonly milliseconds: number;
  readonly megabytes: number;
  /** Multiply-adds of products and convolutions, in units of 10⁹. */
  readonly gigaMultiplyAdds: number;
}

const MOST_SHAPES = 30;
const BYTES = 4;

const shapesOf = ({ inputs, outputs }: KernelCall): string => {
  const shown = (shapes: KernelCall['inputs']): string => shapes.map((shape) => shape.join('x') || '1').join(' ');
  return `${shown(inputs)} → ${shown(outputs)}`;
};

/** Multiply-adds of a call; 0 for whatever is no product. */
export function multiplyAddsOf({ op, inputs: [left, right], outputs: [out] }: KernelCall): number {
  if (!left || !right || !out) return 0;
  // A convolution's weight is [O, I / groups, kh, kw].
  if (op === 'Conv' || op === 'FusedConv') return elementCount(out) * elementCount(right.slice(1));
  if (op === 'ConvTranspose') return elementCount(left) * elementCount(right.slice(1));
  // Both operands may be transposed: what is summed over is in both and not in the result.
  if (/^(Fused)?(MatMul|Gemm)$/.test(op)) {
    const rows = elementCount(left.slice(-2));
    const columns = elementCount(right.slice(-2));
    const summed = Math.round(Math.sqrt((rows * columns) / elementCount(out.slice(-2))));
    return elementCount(out) * summed;
  }
  return 0;
}

/** Groups the calls of a profile, the longest first. */
export function groupsOf({ calls, runs }: Pick<Profile, 'calls' | 'runs'>, by: 'op' | 'shapes'): Group[] {
  const groups = new Map<string, Group>();
  for (const call of calls) {
    const shapes = by === 'shapes' ? shapesOf(call) : '';
    const key = `${call.op} ${shapes}`;
    const old = groups.get(key) ?? { calls: 0, milliseconds: 0, megabytes: 0, gigaMultiplyAdds: 0 };
    const elements = [...call.inputs, ...call.outputs].reduce((sum, shape) => sum + elementCount(shape), 0);
    groups.set(key, {
      op: call.op,
      shapes,
      calls: old.calls + 1 / runs,
      milliseconds: old.milliseconds + call.microseconds / 1000 / runs,
      megabytes: old.megabytes + (elements * BYTES) / 2 ** 20 / runs,
      gigaMultiplyAdds: old.gigaMultiplyAdds + multiplyAddsOf(call) / 1e9 / runs,
    });
  }
  return [...groups.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

function printGroups(groups: readonly Group[], total: number): void {
  printTable(groups, [
    { title: 'operator', value: ({ op }) => op },
    { title: 'calls', value: ({ calls }) => calls, digits: 0 },
    { title: 'ms', value: ({ milliseconds }) => milliseconds, digits: 1 },
    { title: '%', value: ({ milliseconds }) => (100 * milliseconds) / total, digits: 1 },
    { title: 'MB', value: ({ megabytes }) => megabytes, digits: 0 },
    { title: 'GB/s', value: ({ megabytes, milliseconds }) => megabytes / 1024 / (milliseconds / 1000), digits: 1 },
    {
      title: 'GFLOP/s',
      value: ({ gigaMultiplyAdds: giga, milliseconds }) => (giga > 0 ? (2 * giga) / (milliseconds / 1000) : undefined),
      digits: 0,
    },
    { title: 'shapes', value: ({ shapes }) => shapes },
  ]);
}

/** Prints a profile, as two tables or as JSON. */
export function printProfile(profile: Profile, asJson: boolean): void {
  const byOp = groupsOf(profile, 'op');
  const byShapes = groupsOf(profile, 'shapes');
  const total = byOp.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const { name, runs, secondsPerRun } = profile;
  if (asJson) {
    printJson({ name, runs, seconds_per_run: secondsPerRun, operators: byOp, shapes: byShapes });
    return;
  }
  const between = 100 * (1 - total / 1000 / secondsPerRun);
  console.log(
    `${name}: ${secondsPerRun.toFixed(3)} s a run, mean of ${runs}; ${between.toFixed(1)} % between operators`,
  );
  printGroups(byOp, total);
  console.log(`\nThe ${MOST_SHAPES} operators and shapes that take longest:`);
  printGroups(byShapes.slice(0, MOST_SHAPES), total);
}
