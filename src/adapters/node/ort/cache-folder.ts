/** Where this system keeps what can be made again, and how a person moves it or switches it off. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The person's folder; throws where there is none. */
  readonly home: () => string;
}

function conventional({ platform, env, home }: Surroundings): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home(), 'AppData', 'Local'), 'rddm', 'Cache');
  if (platform === 'darwin') return join(home(), 'Library', 'Caches', 'rddm');
  const { XDG_CACHE_HOME: given = '' } = env;
  // The XDG specification has relative paths ignored.
  return join(isAbsolute(given) ? given : join(home(), '.cache'), 'rddm');
}

/**
 * The folder of the cache, which need not exist; none where `RDDM_CACHE` is `off`, or there is no home to keep it in.
 * `RDDM_CACHE` may also be another folder.
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
