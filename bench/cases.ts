/** The cases to measure, one per line of the table below; `npm run bench -- --list` prints it. */
import { join } from 'node:path';
import { modelConfig } from '../src/model/config.ts';
import { lacksChromium } from './browser/installed.ts';
import { ensureCompiled } from './compiled.ts';
import {
  type BrowserWork,
  convolutionsInBrowser,
  networkInBrowser,
  productsInBrowser,
  shippedInBrowser,
} from './prepare-browser.ts';
import { type NetworkSizes, networkMultiplyAdds, prepareNetwork } from './prepare-network.ts';
import { prepareLoader, prepareRestore } from './prepare-pictures.ts';
import type { Task } from './task.ts';

/** Something to measure. */
export interface Case {
  readonly name: string;
  readonly description: string;
  readonly kind: Task['kind'];
  /** Multiply-adds of one run, if the case is compared with the ceiling. */
  readonly multiplyAdds?: () => number;
  /** Pictures per run, if their rate is what counts. */
  readonly pictures?: number;
  /** Why this machine cannot run the case, and what would help; undefined if it can. */
  lacks?(): string | undefined;
  /** Writes what the case needs into an empty folder. */
  prepare(folder: string, say: (sentence: string) => void): Promise<Task>;
}

/** The case with which all others are compared. */
export const ceilingName = 'ceiling';
const CEILING_SIZE = 1536;

/** Batches per run of the loader: about a second. */
const LOADER_BATCHES = 32;
const loaderBatch = { crop: 96, batch: 4, batches: LOADER_BATCHES } as const;

const network = (name: string, description: string, sizes: NetworkSizes): Case => ({
  name,
  description,
  kind: sizes.kind,
  multiplyAdds: () => networkMultiplyAdds(sizes),
  prepare: (folder) => prepareNetwork(sizes, folder),
});

const loader = (name: string, description: string, cacheBytes: number): Case => ({
  name,
  description,
  kind: 'loader',
  pictures: loaderBatch.batch * loaderBatch.batches,
  prepare: (folder) => prepareLoader({ ...loaderBatch, cacheBytes }, folder),
});

const browser = (name: string, description: string, { multiplyAdds, prepare }: BrowserWork): Case => ({
  name: `browser ${name}`,
  description: `in Chromium on WebAssembly: ${description}`,
  kind: 'browser',
  multiplyAdds,
  lacks: lacksChromium,
  prepare,
});
const paper = modelConfig({});

const session = (name: string, description: string, sizes: NetworkSizes, cache: 'kept' | 'off'): Case => ({
  name,
  description,
  kind: 'session',
  async prepare(folder) {
    const network = await prepareNetwork(sizes, folder);
    return { kind: 'session', network, cache: cache === 'off' ? cache : join(folder, 'cache') };
  },
});

const paperInference: NetworkSizes = { kind: 'inference', batch: 1, size: 256 };
const paperTraining: NetworkSizes = { kind: 'training', batch: 1, size: 256 };

export const cases: readonly Case[] = [
  {
    name: ceilingName,
    description: `a float32 product of ${CEILING_SIZE}x${CEILING_SIZE} matrices: the machine's ceiling`,
    kind: 'product',
    multiplyAdds: () => CEILING_SIZE ** 3,
    prepare: async () => ({ kind: 'product', size: CEILING_SIZE }),
  },
  network('inference 256', "the paper's network at 256x256, one step", paperInference),
  network('inference 256 8-bit', 'the same with 8-bit convolutions', { ...paperInference, arithmetic: '8-bit' }),
  network('training 256', "a training step of the paper's network at 256x256", paperTraining),
  network('training dim 32 64px b16', 'a training step, dim 32 (1, 2, 4), 16 images of 64x64', {
    kind: 'training',
    dim: 32,
    multipliers: [1, 2, 4],
    batch: 16,
    size: 64,
  }),
  network('training dim 64 64px b4', 'a training step, dim 64 (1, 2, 4, 8), 4 images of 64x64', {
    kind: 'training',
    dim: 64,
    multipliers: [1, 2, 4, 8],
    batch: 4,
    size: 64,
  }),
  session('session network', "opening a session of the paper's network at 256x256", paperInference, 'kept'),
  session('session network uncached', 'the same, optimised each time', paperInference, 'off'),
  session('session step', 'opening a session of its training step, which has no cache', paperTraining, 'off'),
  {
    name: 'restore 512',
    description: '`rddm restore` of a 512x512 photograph, 2 steps, from the start of the command to the file',
    kind: 'restore',
    // Padding makes the photograph 528 pixels a side.
    multiplyAdds: () => 2 * shippedInBrowser(528).multiplyAdds(),
    async prepare(folder, say) {
      await ensureCompiled(say);
      return prepareRestore(512, 2, folder);
    },
  },
  loader('loader', 'training batches of 4, crop 96, rain, one worker, photographs of 2 megapixels cached', 2 ** 29),
  loader('loader without cache', 'the same, with every photograph decoded every time', 0),
  browser('products', 'products of 1536x1536 matrices: the ceiling there', productsInBrowser(1536, 4)),
  browser('derain 256', 'a step of the shipped model at 256x256', shippedInBrowser(256)),
  browser('paper 256', "a step of the paper's network at 256x256", networkInBrowser(paper, 256)),
  browser('convolutions 256', 'the convolutions on its way down, each with SiLU', convolutionsInBrowser(paper, 256)),
];

/** The cases whose names contain one of the words; all of them if there are no words. */
export const casesNamed = (words: readonly string[]): Case[] =>
  cases.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
