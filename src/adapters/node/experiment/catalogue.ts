/**
 * The package's experiments: experiments/*.json, and the settings that they share in experiments/settings/*.json.
 */
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { z } from 'zod';
import { type Catalogue, catalogueOf } from '../../../experiment/catalogue.ts';
import { experimentSchema, settingSchema } from '../../../experiment/experiment.ts';
import { validated } from '../../../math/validate.ts';
import { fileError } from '../files/file-error.ts';
import { readJson } from '../files/json-file.ts';
import { inPackage } from '../package-root.ts';

/** The JSON files of a folder, validated, by name without extension. */
async function readAll<S extends z.ZodType>(folder: string, schema: S): Promise<Map<string, z.output<S>>> {
  const names = await readdir(folder).catch((error) => {
    throw fileError('experiment', 'a folder of JSON files', folder, error);
  });
  const read = names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map(async (name) => {
      const path = join(folder, name);
      return [parse(name).name, validated(schema, await readJson(path, 'experiment'), path)] as const;
    });
  return new Map(await Promise.all(read));
}

/**
 * Reads and checks all experiments: each model is a valid training configuration, and each setting exists.
 *
 * @throws RddmError that names the first wrong file, and what is wrong with it
 */
export async function readCatalogue(folder: string = inPackage('experiments')): Promise<Catalogue> {
  const settings = await readAll(join(folder, 'settings'), settingSchema);
  return catalogueOf(await readAll(folder, experimentSchema), settings);
}
