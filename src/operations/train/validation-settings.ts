/** Which pictures a run is validated on, from the words of a person: a share, a folder, a data set, or pairs. */
import type { FoundLayout } from '../../data/layouts.ts';
import { expected } from '../../math/errors.ts';
import type { NamedPaths } from './data-settings.ts';

/** A configuration's `data` or `validation`, not yet validated. */
type Written = Readonly<Record<string, unknown>>;

const field = 'validate';

/** The fields of a validation that name its pictures. */
const sources = ['share', 'clean', 'input', 'target', 'mask'] as const;

/** The test split of a published data set, in the roles that the data have. */
function fromLayout({ layout, root }: FoundLayout, data: Written, { join }: NamedPaths): Written | undefined {
  if (!layout.test) return undefined;
  const { target, input, mask } = layout.test;
  if (data.kind !== 'folders') return { clean: join(root, target) };
  if (input === undefined || (data.mask !== undefined && mask === undefined)) return undefined;
  return {
    input: join(root, input),
    target: join(root, target),
    ...(data.mask !== undefined && mask !== undefined && { mask: join(root, mask) }),
  };
}

/** The pictures of one word. */
async function picturesOfOne(word: string, data: Written, paths: NamedPaths): Promise<Written> {
  const share = word.trim() === '' ? Number.NaN : Number(word);
  if (!Number.isNaN(share)) return { share };
  const isMade = data.kind === 'degraded' || data.kind === 'masked';
  if (isMade || data.kind === 'folders') {
    const found = await paths.findTestSet(word);
    const pictures = found && fromLayout(found, data, paths);
    if (pictures) return pictures;
  }
  if (isMade) return { clean: word };
  const what = 'degraded and clean pictures to validate on, since the data are pairs';
  throw expected('train', what, word, { remedy: 'name both, a published data set, or a share such as 0.1', field });
}

/**
 * A configuration's validation, with a person's words laid over it.
 *
 * @param written the validation as it was written, if it was
 * @param words a share; a folder of clean pictures or a data set with a test split; or input, target and masks
 * @param data the data of the run, for its kind
 * @throws RddmError if the words do not fit the data
 */
export async function withValidation(
  written: unknown,
  words: readonly string[],
  data: Written,
  paths: NamedPaths,
): Promise<Written> {
  const kept = Object.entries((written ?? {}) as Written).filter(
    ([name]) => !(sources as readonly string[]).includes(name),
  );
  const [first, target, mask, ...more] = words;
  if (more.length > 0 || first === undefined) {
    throw expected('train', 'one to three paths, or a share, to validate on', `${words.length}`, { field });
  }
  const pictures =
    target === undefined
      ? await picturesOfOne(first, data, paths)
      : { input: first, target, ...(mask !== undefined && { mask }) };
  return { ...Object.fromEntries(kept), ...pictures };
}
