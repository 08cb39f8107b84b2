/** A page with onnxruntime-web that has loaded a task: our implementation in a browser, measured and profiled. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { expected } from '../../src/math/errors.ts';
import { readTensors } from '../network.ts';
import type { BrowserTask, ConvolutionsTask } from '../task.ts';
import { openPage, type Page } from './chromium.ts';
import { entryFolder } from './installed.ts';

/**
 * Opens the page; it has `check`, `run` and `profile`.
 *
 * @param log receives what the page writes to its console
 * @throws RddmError if onnxruntime-web is not installed, or the page fails
 */
export async function openOnnxruntimePage(
  task: BrowserTask | ConvolutionsTask,
  log: (line: string) => void = () => {},
  threads: number = availableParallelism(),
): Promise<Page> {
  const library = entryFolder('onnxruntime-web/wasm');
  if (!library) throw expected('bench', 'onnxruntime-web', 'none', 'npm ci installs it');
  const served = { folders: { '/onnxruntime': library }, contents: { '/model': await readFile(task.model) } };
  const page = await openPage('onnxruntime-page.mjs', served, log);
  try {
    await page.call('load', threads, await readTensors(task.feeds));
  } catch (error) {
    await page.close();
    throw error;
  }
  return page;
}
