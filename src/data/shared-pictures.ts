/** Finds pictures that two data sets have in common, whatever they are called: none may be learnt and scored. */
import { sha256 } from '../math/digest.ts';
import type { Dataset } from './dataset.ts';
import type { PictureFiles } from './picture-files.ts';

/** Clean pictures and inputs; masks may be shared. */
const picturesOf = ({ items }: Dataset): string[] => [
  ...new Set(items.flatMap(({ clean, input }) => (input === undefined ? [clean] : [clean, input]))),
];

/** The paths by the sizes of their files. */
async function bySize(paths: readonly string[], { bytesOf }: PictureFiles): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  for (const path of paths) {
    const size = await bytesOf(path);
    found.set(size, [...(found.get(size) ?? []), path]);
  }
  return found;
}

/**
 * The pictures of `held` that are among those of `training`: the same path, or a file with the same bytes. Only files
 * of equal size are read.
 */
export async function sharedPictures(training: Dataset, held: Dataset, files: PictureFiles): Promise<string[]> {
  const trained = new Set(picturesOf(training));
  const candidates = await bySize([...trained], files);
  const digests = new Map<string, string>();
  const digestOf = async (path: string): Promise<string> => {
    const digest = digests.get(path) ?? (await sha256(await files.contentOf(path)));
    digests.set(path, digest);
    return digest;
  };
  const isTrained = async (path: string): Promise<boolean> => {
    if (trained.has(path)) return true;
    for (const other of candidates.get(await files.bytesOf(path)) ?? []) {
      if ((await digestOf(other)) === (await digestOf(path))) return true;
    }
    return false;
  };
  const shared: string[] = [];
  for (const path of picturesOf(held)) if (await isTrained(path)) shared.push(path);
  return shared;
}
