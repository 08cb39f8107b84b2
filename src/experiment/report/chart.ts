/**
 * Curves as inline SVG: axes with round numbers, a line and dots per series, and a legend in HTML above. Colours come
 * from the page's style, so that they suit light and dark.
 */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { type Html, html } from './html.ts';

/** A curve: its points, in the order in which they are joined. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 460;
const HEIGHT = 250;
const margin = { left: 58, right: 14, top: 10, bottom: 40 };
/** Dots are drawn only for few points, so that they can be distinguished. */
const MOST_DOTS = 30;

const rounded = (value: number): string => String(Number(value.toPrecision(6)));

/** The least and the greatest number. */
function extent(values: readonly number[]): [number, number] {
  const known = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The ticks of the x axis; a logarithmic axis has them at the points. */
function ticksOf(xs: readonly number[], isLogarithmic: boolean, linear: readonly number[]): readonly number[] {
  const distinct = [...new Set(xs)].sort((a, b) => a - b);
  return isLogarithmic || distinct.length <= 6 ? distinct : linear;
}

/** Draws curves; the x axis is logarithmic if few points span a factor of twenty or more. */
export function chart(curves: readonly Curve[], titles: { readonly x: string; readonly y: string }): Html {
  const xs = curves.flatMap(({ points }) => points.map(([x]) => x));
  const [low, high] = extent(xs);
  const isLogarithmic = low > 0 && high / low >= 20 && xs.length / curves.length <= MOST_DOTS;
  const x = (isLogarithmic ? scaleLog() : scaleLinear()).domain([low, high]).range([margin.left, WIDTH - margin.right]);
  const y = scaleLinear()
    .domain(extent(curves.flatMap(({ points }) => points.map(([, value]) => value))))
    .nice()
    .range([HEIGHT - margin.bottom, margin.top]);
  const path = line<readonly [number, number]>()
    .defined(([, value]) => Number.isFinite(value))
    .x(([value]) => x(value))
    .y(([, value]) => y(value));
  const bottom = HEIGHT - margin.bottom;
  const across = y.ticks(5).map(
    (tick) =>
      html`<line class="rule" x1="${margin.left}" x2="${WIDTH - margin.right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text x="${margin.left - 6}" y="${y(tick) + 4}" text-anchor="end">${rounded(tick)}</text>`,
  );
  const along = ticksOf(xs, isLogarithmic, x.ticks(6)).map(
    (tick) => html`<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${rounded(tick)}</text>`,
  );
  const lines = curves.map(({ points }, index) => {
    const dots = points.length > MOST_DOTS ? [] : points.filter(([, value]) => Number.isFinite(value));
    return html`<g class="curve c${index % 7}"><path d="${path(points) ?? ''}"/>${dots.map(
      ([at, value]) =>
        html`<circle cx="${x(at)}" cy="${y(value)}" r="3"><title>${rounded(at)}: ${rounded(value)}</title></circle>`,
    )}</g>`;
  });
  const legend = curves.map(({ name }, index) => html`<span class="key c${index % 7}">${name}</span>`);
  return html`<figure class="chart"><figcaption>${legend}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${titles.y} over ${titles.x}">${across}${along}${lines}
<text x="${(margin.left + WIDTH - margin.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${titles.x}</text>
<text transform="translate(12 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${titles.y}</text></svg></figure>`;
}
