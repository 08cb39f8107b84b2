/** The measurements, as JSON for programs and as a table for people. */
import type { Column } from '../src/cli/output.ts';
import { ceilingName } from './cases.ts';
import type { Machine } from './machine.ts';
import type { Measured, MeasuredCase } from './run-case.ts';
import type { Summary } from './statistics.ts';

/** One implementation's figures in one case. */
interface Entry extends Summary {
  readonly peak_rss_mb: number;
  readonly load_s: number;
  readonly gflops?: number;
  /** Share of the ceiling's GFLOP/s. */
  readonly share_of_ceiling?: number;
}

/** A peer, with our figures as multiples of its: below 1 we are better. */
interface PeerEntry extends Entry {
  readonly ratio: number;
  readonly memory_ratio: number;
}

export interface CaseReport {
  readonly name: string;
  /** Floating-point operations of one run: two per multiply-add. */
  readonly gflop?: number;
  readonly ours: Entry;
  readonly pictures_per_s?: number;
  readonly peers: Readonly<Record<string, PeerEntry>>;
  /** Our median over the fastest peer's; null without peers. */
  readonly ratio: number | null;
}

export interface Report {
  readonly format: 'rddm-bench';
  readonly version: 1;
  readonly machine: Machine;
  /** ISO 8601, when the first case began. */
  readonly date: string;
  readonly rounds: number;
  readonly cases: readonly CaseReport[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  /** What this machine lacks, and what would help. */
  readonly skipped: readonly string[];
}

/** The ceiling in GFLOP/s: the best one seen, since disturbances can only lower it. */
const ceilingOf = (measured: readonly MeasuredCase[]): number | undefined => {
  const ceiling = measured.find((one) => one.case.name === ceilingName);
  return ceiling && (2e-9 * (ceiling.case.multiplyAdds?.() ?? Number.NaN)) / ceiling.ours.spread.min_s;
};

function entryOf({ name: _name, ...figures }: Measured, gflop: number | undefined, ceiling: number | undefined): Entry {
  if (gflop === undefined) return figures;
  const gflops = gflop / figures.median_s;
  return { ...figures, gflops, ...(ceiling && { share_of_ceiling: gflops / ceiling }) };
}

function caseReport(one: MeasuredCase, ceiling: number | undefined): CaseReport {
  const { name, multiplyAdds, pictures } = one.case;
  const gflop = multiplyAdds && 2e-9 * multiplyAdds();
  const ours = entryOf(one.ours, gflop, ceiling);
  const peers = one.peers.map((peer): [string, PeerEntry] => {
    const ratio = ours.median_s / peer.median_s;
    return [peer.name, { ...entryOf(peer, gflop, ceiling), ratio, memory_ratio: ours.peak_rss_mb / peer.peak_rss_mb }];
  });
  return {
    name,
    ...(gflop !== undefined && { gflop }),
    ours,
    ...(pictures && { pictures_per_s: pictures / ours.median_s }),
    peers: Object.fromEntries(peers),
    ratio: peers.length > 0 ? Math.max(...peers.map(([, { ratio }]) => ratio)) : null,
  };
}

/** Assembles the measurements. */
export function reportOf(
  measured: readonly MeasuredCase[],
  about: Pick<Report, 'machine' | 'date' | 'rounds' | 'failures' | 'skipped'>,
): Report {
  const ceiling = ceilingOf(measured);
  return {
    format: 'rddm-bench',
    version: 1,
    machine: about.machine,
    date: about.date,
    rounds: about.rounds,
    cases: measured.map((one) => caseReport(one, ceiling)),
    failures: about.failures,
    skipped: about.skipped,
  };
}

/** One line of the table. */
export interface Row {
  readonly case: string;
  readonly name: string;
  readonly entry: Entry | PeerEntry;
  readonly picturesPerSecond?: number | undefined;
}

/** One line for us, then one per peer. */
export const rowsOf = ({ name, ours, peers, pictures_per_s: picturesPerSecond }: CaseReport): Row[] => [
  { case: name, name: 'ours', entry: ours, picturesPerSecond },
  ...Object.entries(peers).map(([peer, entry]): Row => ({ case: '', name: peer, entry })),
];

const ratioOf = (entry: Entry | PeerEntry, key: 'ratio' | 'memory_ratio'): number | undefined =>
  'ratio' in entry ? entry[key] : undefined;

export const columns: readonly Column<Row>[] = [
  { title: 'case', value: (row) => row.case },
  { title: 'who', value: (row) => row.name },
  { title: 'median s', value: ({ entry }) => entry.median_s, digits: 3 },
  { title: 'min', value: ({ entry }) => entry.spread.min_s, digits: 3 },
  { title: 'max', value: ({ entry }) => entry.spread.max_s, digits: 3 },
  { title: 'ours/it', value: ({ entry }) => ratioOf(entry, 'ratio') },
  { title: 'peak MB', value: ({ entry }) => entry.peak_rss_mb, digits: 0 },
  { title: 'ours/it', value: ({ entry }) => ratioOf(entry, 'memory_ratio') },
  { title: 'load s', value: ({ entry }) => entry.load_s, digits: 1 },
  { title: 'GFLOP/s', value: ({ entry }) => entry.gflops, digits: 0 },
  {
    title: '% of ceiling',
    value: ({ entry: { share_of_ceiling: share } }) => share && 100 * share,
    digits: 0,
  },
  { title: 'pictures/s', value: (row) => row.picturesPerSecond, digits: 0 },
];
