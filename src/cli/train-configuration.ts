/**
 * Which configuration `rddm train` runs: a file, a shipped preset or recipe, or the one of a run that is continued, with the
 * options laid over it as src/operations/train/settings.ts says. Printing is left out.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJson } from '../adapters/node/files/json-file.ts';
import { isFile, kindOf } from '../adapters/node/files/path-kind.ts';
import { inPackage } from '../adapters/node/package-root.ts';
import { findLayout, requireLayout } from '../adapters/node/pictures/find-layout.ts';
import { readRunConfig } from '../adapters/node/runs/run-folder.ts';
import { degradations } from '../data/degrade/degradation.ts';
import { expected } from '../math/errors.ts';
import type { NamedPaths } from '../operations/train/data-settings.ts';
import {
  type Configuration,
  checkResumable,
  newConfiguration as configurationOf,
  type RunSettings,
  resumedConfiguration as resumed,
} from '../operations/train/settings.ts';

/** The configurations in a folder of the package. */
const shippedIn = (folder: string): string[] => readdirSync(inPackage(folder)).map((file) => basename(file, '.json'));

/** The presets that ship: the paper's tasks. */
export const presetNames = (): string[] => shippedIn('presets');

/** The recipes that ship: small networks that restore well after hours, not weeks. */
export const recipeNames = (): string[] => shippedIn('recipes').map((name) => `recipes/${name}`);

/** Paths on disk. */
const paths: NamedPaths = {
  kindOf,
  join,
  findDataSet: (root, among) => requireLayout(root, 'train', 'train', among),
  findTestSet: (root) => findLayout(root, 'test'),
};

/** What trains where nothing is named: a small network for pairs, or for clean pictures and a degradation. */
const defaultRecipe = 'recipes/restoration';

/** Without a configuration, the options alone say what is learnt. */
function requirePictures({ data, clean, degrade, input, target }: RunSettings): void {
  if ([data, clean, input, target].every((path) => path === undefined)) {
    const pictures =
      'pictures (--input and --target, --clean and --degrade, or --data), a configuration, or --resume RUN';
    throw expected('train', pictures, 'none', 'see rddm help train');
  }
  if (clean !== undefined && degrade === undefined) {
    const remedy = `the input is made from the clean pictures: name one of ${Object.keys(degradations).join(', ')}`;
    throw expected('train', '--degrade with --clean', 'none', remedy);
  }
}

/** The default recipe without its own pictures: where they come from is for the options to say. */
function withoutSource(recipe: unknown): unknown {
  const { data, ...rest } = recipe as { readonly data: Readonly<Record<string, unknown>> };
  const { kind: _kind, clean: _clean, degradation: _degradation, ...cutting } = data;
  return { ...rest, data: cutting };
}

/**
 * The configuration of a new run.
 *
 * @param name a file, a preset or a recipe; without one, the default recipe with the pictures that the options name
 */
export async function newConfiguration(name: string | undefined, flags: RunSettings): Promise<Configuration> {
  if (name === undefined) requirePictures(flags);
  const wanted = name ?? defaultRecipe;
  // A folder called like a preset is no configuration.
  const shipped = recipeNames().includes(wanted) ? `${wanted}.json` : `presets/${wanted}.json`;
  const path = (await isFile(wanted)) ? wanted : inPackage(shipped);
  if (!(await isFile(path))) {
    const names = [...presetNames(), ...recipeNames()].join(', ');
    throw expected('train', `a configuration file, a preset or a recipe (${names})`, wanted);
  }
  const written = await readJson(path, 'train');
  return configurationOf(name === undefined ? withoutSource(written) : written, path, flags, paths);
}

/** The configuration of a run that goes on. Its data and seed are those that it began with. */
export async function resumedConfiguration(directory: string, flags: RunSettings): Promise<Configuration> {
  checkResumable(flags);
  return resumed(await readRunConfig(directory), directory, flags, paths);
}
