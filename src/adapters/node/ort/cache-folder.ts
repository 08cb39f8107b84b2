/** The cache folder of this system, and how to move it or switch it off. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory; throws if there is none. */
  readonly home: () => string;
}

function conventional({ platform, env, home }: Surroundings): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home(), 'AppData', 'Local'), 'rddm', 'Cache');
  if (platform === 'darwin') return join(home(), 'Library', 'Caches', 'rddm');
  const { XDG_CACHE_HOME: given = '' } = env;
  // The XDG specification says to ignore relative paths.
  return join(isAbsolute(given) ? given : join(home(), '.cache'), 'rddm');
}

/**
 * The folder of the cache, which need not exist; undefined if `RDDM_CACHE` is `off`, or there is no home directory for
 * it. `RDDM_CACHE` may also name another folder.
 */
export function cacheFolder(
  around: Surroundings = { platform: process.platform, env: process.env, home: homedir },
): string | undefined {
  const { RDDM_CACHE: chosen } = around.env;
  if (chosen === 'off') return undefined;
  if (chosen) return resolve(chosen);
  try {
    return conventional(around);
  } catch {
    return undefined;
  }
}
