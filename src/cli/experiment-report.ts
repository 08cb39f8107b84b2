/**
 * `rddm experiment report`: one HTML page of all results, which needs no other file and no network. Pictures from data
 * for research only are left out by default, and `--publish` copies everything that may be public.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { readCatalogue } from '../adapters/node/experiment/catalogue.ts';
import { fileError } from '../adapters/node/files/file-error.ts';
import { readBytes, writeFileAtomic } from '../adapters/node/files/files.ts';
import { folderStore } from '../adapters/node/files/folder-store.ts';
import { type ReportEntry, reportPage } from '../experiment/report/page.ts';
import { type ExperimentResult, encodeResult, type Series } from '../experiment/result.ts';
import { expected } from '../math/errors.ts';
import { readEntry } from '../operations/experiment/entries.ts';
import { resultsName } from '../operations/experiment/place.ts';
import { refuseToOverwrite } from './paths.ts';

interface ReportFlags {
  readonly from: string;
  readonly out: string;
  readonly pictures: 'open' | 'all';
  readonly publish?: string;
  readonly force?: true;
}

const isShown = ({ pictures }: Series, which: 'open' | 'all'): boolean => pictures === 'open' || which === 'all';

/** The strips of a page. */
const stripsOf = (entries: readonly ReportEntry[], which: 'open' | 'all'): string[] =>
  entries.flatMap(({ result }) =>
    (result?.series ?? [])
      .filter((series) => isShown(series, which))
      .flatMap(({ cells }) => cells.flatMap(({ strip }) => strip ?? [])),
  );

/** The results to publish, from which the page can be made again. */
const resultsOf = (entries: readonly ReportEntry[]): ExperimentResult[] =>
  entries.flatMap(({ result, again }) => [...(result ? [result] : []), ...(again?.values() ?? [])]);

async function report({ from, out, pictures, publish: target, force }: ReportFlags): Promise<void> {
  const within = join(from, resultsName);
  const results = existsSync(within) ? within : from;
  const catalogue = await readCatalogue();
  const titleOf = (name: string): string => join(results, name);
  const store = folderStore(results);
  const entries = await Promise.all(catalogue.experiments.map((one) => readEntry(one, catalogue, store, titleOf)));
  if (entries.every(({ result }) => result === undefined)) {
    throw expected('experiment', `results in ${results}`, 'none', 'make some with rddm experiment run');
  }
  const published = target === undefined ? [] : resultsOf(entries);
  // Of variations only figures are shown and published.
  const strips = target === undefined ? [] : stripsOf(entries, 'open');
  const copyOf = (file: string): string => join(target ?? '', file);
  const files = [...published.map(({ id }) => `${id}.json`), ...strips].map(copyOf);
  await refuseToOverwrite('experiment', [out, ...files], force);
  // Read before anything is written, so that a missing strip leaves published files unchanged.
  const copies = await Promise.all(strips.map((strip) => readBytes(join(results, strip), 'experiment')));
  const uris = new Map<string, string>();
  for (const strip of stripsOf(entries, pictures)) {
    const path = join(results, strip);
    if (existsSync(path)) uris.set(strip, `data:image/png;base64,${(await readFile(path)).toString('base64')}`);
  }
  await writeFileAtomic(out, new TextEncoder().encode(reportPage(entries, (strip) => uris.get(strip))));
  for (const folder of new Set(files.map(dirname))) {
    await mkdir(folder, { recursive: true }).catch((error) => {
      throw fileError('experiment', 'a folder to publish in', folder, error);
    });
  }
  for (const result of published) await writeFileAtomic(copyOf(`${result.id}.json`), encodeResult(result));
  for (const [at, strip] of strips.entries()) await writeFileAtomic(copyOf(strip), copies[at]);
  process.stdout.write(`${out}\n`);
}

/** Adds `report` to `rddm experiment`. */
export function registerExperimentReport(group: Command, defaultOut: string): void {
  group
    .command('report')
    .description('one HTML page of all results, readable without a network')
    .requiredOption('-o, --out <file>', 'the page')
    .option('--from <dir>', 'folder of models and results, or of published results', defaultOut)
    .addOption(
      new Option('--pictures <which>', 'open: only those that may be public; all: also from data for research only')
        .choices(['open', 'all'])
        .default('open'),
    )
    .option('--publish <dir>', 'also copy results and open pictures there')
    .option('--force', 'replace an existing page and published files')
    .action(report);
}
