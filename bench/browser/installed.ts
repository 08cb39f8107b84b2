/** Where to find on this machine what a browser task needs. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where to look for Chromium, after RDDM_CHROMIUM. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium's path, if there is one. */
export const findChromium = (): string | undefined =>
  (process.env.RDDM_CHROMIUM ? [process.env.RDDM_CHROMIUM] : places).find((path) => existsSync(path));

/** Why there is no browser here, and what would help; undefined if there is one. */
export const lacksChromium = (): string | undefined =>
  findChromium() ? undefined : 'no Chromium was found; install it, or set RDDM_CHROMIUM to its path';

/** The folder of a package's entry, from which a page loads it; undefined if the package is not installed. */
export function entryFolder(specifier: string): string | undefined {
  try {
    return dirname(fileURLToPath(import.meta.resolve(specifier)));
  } catch {
    return undefined;
  }
}
