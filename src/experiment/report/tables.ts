/**
 * Series as tables and curves: single cells become rows of one table; a series over values becomes a table of its own
 * for each metric, with its curve.
 */
import { meanOf, noiseOf } from '../finding.ts';
import { type MetricKind, type MetricName, metricKinds } from '../metric.ts';
import type { Cell, Series } from '../result.ts';
import { chart } from './chart.ts';
import { type Html, html } from './html.ts';

/** A series with more columns than this is shown only as a curve. */
const MOST_COLUMNS = 12;

const kindOf = (metric: string): MetricKind => metricKinds[metric as MetricName];

const heading = ({ title, unit }: MetricKind): string => (unit === '' ? title : `${title}, ${unit}`);

/** A mean with its noise, which a difference must exceed to count. */
function figure(cell: Cell, metric: string): Html {
  const values = cell.values[metric];
  if (!values) return html`<td>–</td>`;
  const { digits } = kindOf(metric);
  const noise = noiseOf(values);
  return html`<td>${meanOf(values).toFixed(digits)}${noise > 0 && html`<small> ± ${noise.toFixed(digits)}</small>`}</td>`;
}

const metricsOf = (series: readonly Series[]): string[] => [
  ...new Set(series.flatMap(({ cells }) => cells.flatMap(({ values }) => Object.keys(values)))),
];

function rowsTable(series: readonly Series[], caption: string): Html {
  const metrics = metricsOf(series);
  const rows = series.map(
    ({ name, cells: [cell] }) => html`<tr><th>${name}</th>${metrics.map((metric) => figure(cell, metric))}</tr>`,
  );
  const titles = metrics.map((metric) => html`<th>${heading(kindOf(metric))}</th>`);
  return html`<div class="scroll"><table><caption>${caption}</caption><tr><th></th>${titles}</tr>${rows}</table></div>`;
}

/** One metric of series over the same values. */
function sweep(series: readonly Series[], metric: string, over: string, caption: string): Html {
  const present = series.filter(({ cells }) => cells.some(({ values }) => metric in values));
  const columns = [...new Set(present.flatMap(({ cells }) => cells.map(({ at }) => at)))];
  const rows = present.map(({ name, cells }) => {
    const figures = columns.map((at) => figure(cells.find((cell) => cell.at === at) ?? { values: {} }, metric));
    return html`<tr><th>${name}</th>${figures}</tr>`;
  });
  const title = heading(kindOf(metric));
  const table = html`<div class="scroll"><table><caption>${caption}: ${title}</caption>
<tr><th>${over}</th>${columns.map((at) => html`<th>${at}</th>`)}</tr>${rows}</table></div>`;
  const isCurve = columns.every((at) => typeof at === 'number') && columns.length > 2;
  const curves = present.map(({ name, cells }) => ({
    name,
    // If a value has an effect, a second cell at the same place says which; the curve ends at the value.
    points: cells
      .filter((cell, index) => metric in cell.values && cell.at !== cells[index - 1]?.at)
      .map((cell) => [Number(cell.at), meanOf(cell.values[metric])] as const),
  }));
  const drawing = isCurve && chart(curves, { x: over, y: title });
  return html`<div class="sweep">${columns.length <= MOST_COLUMNS && table}${drawing}</div>`;
}

/** Every series of an experiment, in groups. */
export function tables(series: readonly Series[]): Html {
  const groups = [...new Set(series.map(({ group }) => group))];
  return html`${groups.map((group) => {
    const members = series.filter((one) => one.group === group);
    const single = members.filter(({ over }) => over === undefined);
    const overs = [...new Set(members.flatMap(({ over }) => over ?? []))];
    const sweeps = overs.flatMap((over) => {
      const along = members.filter((one) => one.over === over);
      return metricsOf(along).map((metric) => sweep(along, metric, over, group));
    });
    return html`${single.length > 0 && rowsTable(single, group)}${sweeps}`;
  })}`;
}
