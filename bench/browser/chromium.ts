/**
 * A headless page in Chromium, isolated so that WebAssembly has threads. Every start has its own profile, which is
 * removed afterwards, and makes no other network requests.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { expected } from '../../src/math/errors.ts';
import { peakRssMbOf } from '../memory.ts';
import { findChromium, lacksChromium } from './installed.ts';
import { type Served, startServer } from './server.ts';

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a page's script sets. */
interface PageGlobals {
  readonly bench: Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;
}

/** An open page. */
export interface Page {
  /**
   * Calls what the page's script has set as `globalThis.bench`; arguments and results are plain data and typed arrays.
   */
  call<T>(name: string, ...given: readonly unknown[]): Promise<T>;
  /** The peak resident set of the process that runs the page's scripts and their threads. */
  peakRssMb(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens a page that runs one script, which sets `globalThis.bench`.
 *
 * @param script a module of this folder
 * @param log receives what the page writes to the console
 * @throws RddmError if there is no Chromium, or the script fails
 */
export async function openPage(
  script: string,
  { folders, contents }: Served,
  log: (line: string) => void = () => {},
): Promise<Page> {
  const executablePath = findChromium();
  if (!executablePath) throw expected('bench', 'Chromium', lacksChromium() ?? 'none');
  const html = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page/${script}"></script>`;
  const scripts = fileURLToPath(new URL('.', import.meta.url));
  const server = await startServer({ folders: { ...folders, '/page': scripts }, contents: { ...contents, '/': html } });
  const browser = await chromium.launch({ executablePath, args: flags }).catch(async (error: Error) => {
    await server.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => {
      const fail = (why: string) => reject(expected(script, 'a page without errors', why));
      page.on('pageerror', ({ message }) => fail(message));
      page.on('console', (message) => (message.type() === 'error' ? fail : log)(message.text()));
      page.on('crash', () => fail('a crash, usually from too little memory'));
    });
    failed.catch(() => {}); // Whoever waits for the page gets the error.
    await page.goto(`${server.origin}/`);
    await Promise.race([page.waitForFunction('globalThis.bench && crossOriginIsolated'), failed]);
    return {
      async call<T>(name: string, ...given: readonly unknown[]): Promise<T> {
        const called = page.evaluate(([f, all]) => (globalThis as unknown as PageGlobals).bench[f](...all), [
          name,
          given,
        ] as const);
        const told = called.catch(({ message }: Error) => {
          // The remaining lines say where in the page it happened.
          throw expected(script, `${name} to succeed`, message.split('\n')[0].replace('page.evaluate: Error: ', ''));
        });
        return (await Promise.race([told, failed])) as T;
      },
      async peakRssMb() {
        const session = await browser.newBrowserCDPSession();
        const { processInfo } = await session.send('SystemInfo.getProcessInfo');
        await session.detach();
        return Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => peakRssMbOf(id)));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
