/**
 * Finds the package: the folder with its package.json, dist, models, presets and experiments. Only this file knows it,
 * because a service that is bundled into one file is no longer beside them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expected } from '../../math/errors.ts';

const NAME = 'rddm';

function isPackage(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === NAME;
  } catch {
    return false;
  }
}

/** The nearest folder with a package.json, from a file upwards: the package's, unless this code was bundled. */
function folderAbove(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return isPackage(folder) ? folder : undefined;
  }
  return undefined;
}

/** The package as Node finds it by name from a file. */
function installedFor(url: string): string | undefined {
  try {
    return dirname(createRequire(url).resolve(`${NAME}/package.json`));
  } catch {
    return undefined;
  }
}

/**
 * The folder of the package: `RDDM_HOME`, or the one that this file belongs to, or the one in node_modules.
 *
 * @param url a file of the package, or of a bundle that contains it
 * @throws RddmError if RDDM_HOME is another folder, or bundled code finds no package
 */
export function packageRoot(url: string = import.meta.url, home = process.env.RDDM_HOME): string {
  if (home !== undefined && home !== '') {
    if (isPackage(home)) return home;
    throw expected('RDDM_HOME', `the folder of the package ${NAME}, with its package.json`, home);
  }
  const found = folderAbove(fileURLToPath(url)) ?? installedFor(url);
  if (found !== undefined) return found;
  const remedy = `install ${NAME} beside the bundle, or set RDDM_HOME to a folder that holds the package`;
  throw expected(NAME, 'its models, presets and workers', `a bundle without them at ${fileURLToPath(url)}`, remedy);
}

/** The path of something in the package, for example `inPackage('models', 'derain')`. */
export const inPackage = (...parts: string[]): string => join(packageRoot(), ...parts);
