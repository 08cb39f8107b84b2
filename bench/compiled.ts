/**
 * The compiled package, which the installed command runs. It is compiled again if a source is newer, since timings of
 * old code would be worse than none.
 */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));

function compiledAt(): number {
  try {
    return statSync(join(repository, 'dist', 'index.js')).mtimeMs;
  } catch {
    return 0;
  }
}

function newestSource(): number {
  const folder = join(repository, 'src');
  const files = readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path)));
  return files.reduce((newest, path) => Math.max(newest, statSync(path).mtimeMs), 0);
}

/** Compiles `src` into `dist` if that is out of date. */
export async function ensureCompiled(say: (sentence: string) => void): Promise<void> {
  if (compiledAt() > newestSource()) return;
  say('dist is older than src: npm run build');
  await promisify(execFile)('npm', ['run', 'build'], { cwd: repository });
}
