/** The package as `npm pack` makes it of this checkout; it holds `dist` as that is. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './pages.ts';

const run = promisify(execFile);

/** What `npm pack --json` says of a package. */
interface Packed {
  readonly filename: string;
  readonly integrity: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

async function pack(...args: string[]): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--json', ...args], { cwd: root, maxBuffer: 2 ** 26 });
  const [packed] = JSON.parse(stdout) as Packed[];
  return packed;
}

/** The bytes of each file that the package would hold, by path. */
export async function packedFiles(): Promise<Map<string, number>> {
  const { files } = await pack('--dry-run');
  return new Map(files.map(({ path, size }) => [path, size]));
}

/** Packs into a folder: the tarball's path and its hash. */
export async function packInto(folder: string): Promise<{ path: string; integrity: string }> {
  const { filename, integrity } = await pack('--pack-destination', folder);
  return { path: join(folder, filename), integrity };
}
