/**
 * Where the time and bytes of a run go: per operator type, per layer, and per operator and shapes. Bytes are what calls
 * read and write according to the shapes of their operands; caches make some of it free, and packed constants are not
 * included.
 */
import { printJson, printTable } from '../src/cli/output.ts';
import { elementCount } from '../src/math/shape.ts';
import type { Profile } from './profile.ts';
import type { KernelCall } from './trace.ts';

/** Calls that are reported together, as means per run. */
export interface Group {
  /** What they have in common. */
  readonly what: string;
  readonly calls: number;
  readonly milliseconds: number;
  readonly megabytes: number;
  /** Multiply-adds of products and convolutions, in units of 10⁹. */
  readonly gigaMultiplyAdds: number;
}

const MOST = 30;
const BYTES = 4;

const shown = (shapes: KernelCall['inputs']): string => shapes.map((shape) => shape.join('x') || '1').join(' ');

/** How calls can be grouped. */
const keys = {
  operator: ({ op }: KernelCall): string => op,
  layer: ({ layer }: KernelCall): string => layer,
  shapes: ({ op, inputs, outputs }: KernelCall): string => `${op}  ${shown(inputs)} → ${shown(outputs)}`,
};

/** Multiply-adds of a call; 0 if it is not a product. */
export function multiplyAddsOf({ op, inputs: [left, right], outputs: [out] }: KernelCall): number {
  if (!left || !out) return 0;
  // A convolution's weight is [O, I / groups, kh, kw].
  if (op === 'Conv' && right) return elementCount(out) * elementCount(right.slice(1));
  if (op === 'ConvTranspose' && right) return elementCount(left) * elementCount(right.slice(1));
  if (!/^(Fused)?(MatMul|Gemm)$/.test(op)) return 0;
  // The right operand may be packed and not listed, the left one transposed: then the sum is over its other dimension.
  const [rows, columns] = left.slice(-2);
  return elementCount(out) * (rows === out[out.length - 2] ? columns : rows);
}

/** Bytes that a call reads and writes; onnxruntime reshapes without copying. */
const bytesOf = ({ op, inputs, outputs }: KernelCall): number =>
  op === 'Reshape' ? 0 : BYTES * [...inputs, ...outputs].reduce((sum, shape) => sum + elementCount(shape), 0);

/** Groups the calls of a profile, longest first. */
export function groupsOf({ calls, runs }: Pick<Profile, 'calls' | 'runs'>, by: keyof typeof keys): Group[] {
  const groups = new Map<string, Group>();
  for (const call of calls) {
    const what = keys[by](call);
    const old = groups.get(what) ?? { calls: 0, milliseconds: 0, megabytes: 0, gigaMultiplyAdds: 0 };
    groups.set(what, {
      what,
      calls: old.calls + 1 / runs,
      milliseconds: old.milliseconds + call.microseconds / 1000 / runs,
      megabytes: old.megabytes + bytesOf(call) / 2 ** 20 / runs,
      gigaMultiplyAdds: old.gigaMultiplyAdds + multiplyAddsOf(call) / 1e9 / runs,
    });
  }
  return [...groups.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

function printGroups(title: string, groups: readonly Group[], total: number): void {
  const rate = (amount: number, { milliseconds }: Group): number => amount / (milliseconds / 1000);
  printTable(groups, [
    { title, value: ({ what }) => what },
    { title: 'calls', value: ({ calls }) => calls, digits: 0 },
    { title: 'ms', value: ({ milliseconds }) => milliseconds, digits: 1 },
    { title: '%', value: ({ milliseconds }) => (100 * milliseconds) / total, digits: 1 },
    { title: 'MB', value: ({ megabytes }) => megabytes, digits: 0 },
    { title: 'GB/s', value: (group) => rate(group.megabytes / 1024, group), digits: 1 },
    {
      title: 'GFLOP/s',
      value: (group) => (group.gigaMultiplyAdds > 0 ? rate(2 * group.gigaMultiplyAdds, group) : undefined),
      digits: 0,
    },
  ]);
}

/** Prints a profile, as three tables or as JSON. */
export function printProfile(profile: Profile, asJson: boolean): void {
  const { name, runs, secondsPerRun } = profile;
  const operators = groupsOf(profile, 'operator');
  const layers = groupsOf(profile, 'layer');
  const shapes = groupsOf(profile, 'shapes');
  if (asJson) {
    printJson({ name, runs, seconds_per_run: secondsPerRun, operators, layers, shapes });
    return;
  }
  const total = operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const between = 100 * (1 - total / 1000 / secondsPerRun);
  const gigabytes = operators.reduce((sum, { megabytes }) => sum + megabytes, 0) / 1024;
  console.log(
    `${name}: ${secondsPerRun.toFixed(3)} s per run, mean of ${runs}, ${between.toFixed(1)} % of it between operators;`,
    `${gigabytes.toFixed(1)} GB read and written\n`,
  );
  printGroups('operator', operators, total);
  console.log('');
  if (layers.length > 1) {
    printGroups('layer', layers.slice(0, MOST), total);
    console.log('');
  }
  printGroups('operator and shapes', shapes.slice(0, MOST), total);
}
