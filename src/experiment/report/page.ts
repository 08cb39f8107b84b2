/**
 * All results as one self-contained page: our figures beside the paper's, curves, pictures, and whether each finding of
 * the paper showed.
 */
import type { Experiment, Finding } from '../experiment.ts';
import { conclude, conclusions, judge } from '../finding.ts';
import type { ExperimentResult, Series } from '../result.ts';
import { Html, html } from './html.ts';
import { style } from './style.ts';
import { tables } from './tables.ts';

/** What the page is made from. */
export interface ReportEntry {
  readonly experiment: Experiment;
  /** Undefined if the experiment has not been run. */
  readonly result?: ExperimentResult | undefined;
  /** Results of those variations that have been run, by name. */
  readonly again?: ReadonlyMap<string, ExperimentResult>;
}

/** The bytes of a strip as a data URI, or undefined if it must not be shown. */
export type StripSource = (strip: string, series: Series) => string | undefined;

const className = (outcome: string): string => outcome.replaceAll(' ', '-');
const outcomeOf = (outcome: string, words = outcome): Html => html`<b class="${className(outcome)}">${words}</b>`;

function finding(one: Finding, { experiment, again }: ReportEntry, series: readonly Series[]): Html {
  const { claim, reasons } = judge(one, series);
  const { conclusion, trainings, shown } = conclude(one, series, again);
  const inSome =
    conclusion === 'reproduced in some trainings' ? `reproduced in ${shown} of ${trainings} trainings` : conclusion;
  const looked = one.again.map((name) => {
    const result = again?.get(name);
    const what = html`Again with ${experiment.variations[name].title}`;
    if (!result) return html`<p class="reasons">${what}: not run.</p>`;
    const verdict = judge(one, result.series);
    return html`<p class="reasons">${what}: ${outcomeOf(verdict.outcome)}. ${verdict.reasons.join('; ')}.</p>`;
  });
  return html`<div class="finding ${className(conclusion)}"><p>${outcomeOf(conclusion, inSome)}: ${claim}</p>
<p class="reasons">Paper: ${one.paper}</p>${reasons.map((reason) => html`<p class="reasons">Ours: ${reason}</p>`)}
${looked}${one.note !== undefined && html`<p>${one.note}</p>`}</div>`;
}

function paperTables({ paper }: Experiment): Html {
  return html`<div class="paper">${paper.map(
    ({ caption, columns, rows }) => html`<div class="scroll"><table><caption>Paper: ${caption}</caption>
<tr>${columns.map((title) => html`<th>${title}</th>`)}</tr>
${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</table></div>`,
  )}</div>`;
}

function strips({ series }: ExperimentResult, source: StripSource): Html {
  const rows = series.flatMap((one) =>
    one.cells.flatMap(({ at, strip }) => {
      const uri = strip === undefined ? undefined : source(strip, one);
      const name = at === undefined ? one.name : `${one.name}, ${one.over ?? ''} ${at}`;
      return uri === undefined ? [] : [html`<span>${name}</span><img alt="${name}" src="${uri}">`];
    }),
  );
  if (rows.length > 0) return html`<div class="strip">${rows}</div>`;
  const hasPictures = series.some(
    ({ pictures, cells }) => pictures === 'restricted' && cells.some(({ strip }) => strip),
  );
  return html`${hasPictures && html`<p class="data">Pictures from data for research only are not shown here.</p>`}`;
}

function training({ experiment, result, again }: ReportEntry): Html {
  const varied = [...(again ?? [])].flatMap(([name, { models }]) =>
    Object.entries(models).map(
      ([model, trained]) => [`${model}, ${experiment.variations[name].title}`, trained] as const,
    ),
  );
  const rows = [...Object.entries(result?.models ?? {}), ...varied].map(
    ([name, { key, steps, parameters, seconds, loss }]) =>
      html`<tr><td>${name}</td><td>${steps}</td><td>${(parameters / 1e6).toFixed(2)}</td><td>${(seconds / 60).toFixed(1)}</td>
<td>${loss.toFixed(4)}</td><td>${key}</td></tr>`,
  );
  if (rows.length === 0) return html``;
  return html`<details><summary>Training</summary><div class="scroll"><table>
<tr><th>model</th><th>steps</th><th>parameters, M</th><th>minutes</th><th>last loss</th><th>key</th></tr>${rows}</table></div></details>`;
}

function article(entry: ReportEntry, source: StripSource): Html {
  const { experiment, result } = entry;
  const { id, title, source: origin, about, findings } = experiment;
  const head = html`<h2 id="${id}">${title}</h2><p class="source">${origin} · <code>rddm experiment run ${id}</code></p><p>${about}</p>`;
  if (!result) return html`<article>${head}<p>Not run.</p>${paperTables(experiment)}</article>`;
  const { data, date, machine, series } = result;
  const verdicts = findings.map((one) => finding(one, entry, series));
  return html`<article>${head}
<p class="data">${Object.entries(data).map(([name, sentence]) => html`${name}: ${sentence} `)}
${date}, ${machine.processor}, ${machine.threads} ${machine.threads === 1 ? 'thread' : 'threads'}, onnxruntime ${machine.onnxruntime}.</p>
${verdicts}<div class="columns"><div>${tables(series)}</div>${paperTables(experiment)}</div>${strips(result, source)}${training(entry)}</article>`;
}

/** The number of findings with each conclusion, in words. */
const counted = (entries: readonly ReportEntry[]): string => {
  const all = entries.flatMap(({ experiment, result, again }) =>
    result ? experiment.findings.map((one) => conclude(one, result.series, again).conclusion) : [],
  );
  return conclusions
    .map((conclusion) => [all.filter((one) => one === conclusion).length, conclusion] as const)
    .filter(([count]) => count > 0)
    .map(([count, conclusion]) => `${count} ${conclusion}`)
    .join(', ');
};

function index(entries: readonly ReportEntry[]): Html {
  const rows = entries.map((entry) => {
    const { id, title, source } = entry.experiment;
    const found = entry.result ? counted([entry]) : 'not run';
    return html`<tr><td><a href="#${id}">${title}</a></td><td>${source}</td><td>${found}</td></tr>`;
  });
  return html`<table class="index"><tr><th>experiment</th><th>paper</th><th>findings</th></tr>${rows}</table>`;
}

/** The whole page as text. */
export function reportPage(entries: readonly ReportEntry[], source: StripSource): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Residual Denoising Diffusion Models: the paper's experiments, small</title><style>${new Html(style)}</style></head><body>
<h1>Residual Denoising Diffusion Models: the paper's experiments, small</h1>
<p>The tables and figures of the paper again, with small networks and small pictures. The figures themselves
belong to other data and cannot be compared with the paper's, but their order can: each finding is a test of ours. A
difference counts if it is larger than its noise (±), twice its standard error over the pictures; what training again with
another seed would change is not included. A finding that did not show at once may have been looked into by training again,
as said below it; one that showed was not. It counts as reproduced in some trainings if one of them shows it.</p>
<p>Findings: ${counted(entries)}.</p>
${index(entries)}${entries.map((entry) => article(entry, source))}</body></html>
`.text;
}
