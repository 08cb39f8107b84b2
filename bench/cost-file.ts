/** The source text of src/onnx/convolution-costs.ts. */
import type { ConvolutionCosts } from '../src/onnx/convolution-cost.ts';
import type { Provider } from '../src/onnx/lowering.ts';

type CostTable = Readonly<Partial<Record<Provider, ConvolutionCosts>>>;

/** Three digits, more than timings reproduce. */
const rounded = (cost: number): number => Number(cost.toPrecision(3));

const keyText = (key: string): string => (/^\w+$/.test(key) ? key : `'${key}'`);

/** One entry per line, as the formatter wants it. */
function objectText(record: object, indent: string): string {
  const lines = Object.entries(record).map(([key, value]: [string, object | number]) => {
    const text = typeof value === 'number' ? rounded(value) : objectText(value, `${indent}  `);
    return `${indent}  ${keyText(key)}: ${text},\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

/**
 * The text of the file with the table.
 *
 * @param measured where and when, on one line
 */
export const costFile = (costs: CostTable, measured: string): string => `/**
 * Written by \`npm run costs -- --write\`; nanoseconds per unit of work. Measured on:
 * ${measured}
 */
import type { ConvolutionCosts } from './convolution-cost.ts';
import type { Provider } from './lowering.ts';

export const measuredCosts: Readonly<Partial<Record<Provider, ConvolutionCosts>>> = ${objectText(costs, '')};
`;
