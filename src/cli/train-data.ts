/**
 * Which pictures `rddm train` trains on: what the configuration says, with the options laid over it. A data set of the
 * paper is recognised by its folders.
 */
import { extname, join } from 'node:path';
import { isFile, isFolder } from '../adapters/node/files/path-kind.ts';
import { type FoundLayout, requireLayout } from '../adapters/node/pictures/find-layout.ts';
import type { DegradationKind } from '../data/degrade/degradation.ts';
import { type Layout, layouts } from '../data/layouts.ts';
import { expected } from '../math/errors.ts';

/** The options that change where pictures come from. */
export interface DataFlags {
  readonly data?: string;
  readonly clean?: string;
  /** What makes the input of clean pictures. */
  readonly degrade?: DegradationKind;
  readonly input?: string;
  readonly target?: string;
  readonly mask?: string;
  readonly exclude?: string[];
}

/** A configuration's `data`, not yet validated. */
type Written = Record<string, unknown>;

/** What holds for any source: how squares are cut, and whatever else was written, for the schema to judge. */
function withoutPaths(data: Written): Written {
  const { kind, input, target, mask, masks, clean, folder, degradation, endings, ...kept } = data;
  return kept;
}

const maskOf = ({ mask }: Written): Written => (mask === undefined ? {} : { mask });

/** Pairs that the options name: two lists, or two folders. Whatever else they are is for the data set to refuse. */
async function pairsOf(data: Written, input: string, target: string): Promise<Written> {
  const isList = async (path: string): Promise<boolean> =>
    (data.kind === 'flist' || ['.flist', '.txt'].includes(extname(path).toLowerCase())) && (await isFile(path));
  const areLists = await isList(input);
  if (areLists !== (await isList(target))) {
    const [list, other] = areLists ? [input, target] : [target, input];
    throw expected('train', 'two folders or two lists as --input and --target', `the list ${list} and ${other}`);
  }
  if (data.kind === 'unpaired') return { ...data, input, target };
  return { ...withoutPaths(data), ...maskOf(data), kind: areLists ? 'flist' : 'folders', input, target };
}

/** Masks come as the pairs do; those of the configuration may not when the options name other pairs. */
async function checkMask({ kind, mask }: Written): Promise<void> {
  if (typeof mask !== 'string') return;
  if (kind === 'flist' && (await isFolder(mask))) {
    throw expected('train', 'a list of masks, since the pairs are lists', `the folder ${mask}`, 'name one with --mask');
  }
  if (kind === 'folders' && (await isFile(mask))) {
    throw expected(
      'train',
      'a folder of masks, since the pairs are folders',
      `the file ${mask}`,
      'name one with --mask',
    );
  }
}

/** The layouts that can be what a kind of source needs; of pictures alone, those before others. */
function layoutsFor(kind: unknown): Layout[] {
  const of = (...kinds: Layout['kind'][]): Layout[] => layouts.filter((layout) => kinds.includes(layout.kind));
  if (kind === 'unpaired') return of('domains');
  return kind === 'folders' || kind === 'flist' || kind === undefined
    ? of('pairs')
    : [...of('pictures'), ...of('domains', 'pairs')];
}

/** A data set as the kind of source that the configuration has. */
function fromLayout(data: Written, { layout, root }: FoundLayout, seesMask: boolean): Written {
  const { target, input = '', mask } = layout.train;
  const at = (folder: string): string => join(root, folder);
  switch (data.kind) {
    case 'unpaired':
      return { ...data, input: at(input), target: at(target) };
    case 'images':
      return { ...data, folder: at(layout.pictures ?? target) };
    case 'degraded':
    case 'masked':
      return { ...data, clean: at(layout.pictures ?? target) };
    default:
      return {
        ...withoutPaths(data),
        kind: 'folders',
        input: at(input),
        target: at(target),
        ...(seesMask && mask !== undefined && { mask: at(mask) }),
        ...(layout.endings && { endings: layout.endings }),
      };
  }
}

/** `ISTD in DIR: train/train_C, train/train_A`. */
function describe({ layout, root }: FoundLayout, seesMask: boolean): string {
  const { target, input, mask } = layout.train;
  const folders = [input, target, seesMask ? mask : undefined].filter((folder) => folder !== undefined);
  return `${root} is ${layout.title}: training on ${folders.join(', ')}`;
}

/** Masks beside clean pictures are drawn at random, in place of the holes that a degradation makes; rain has no mask to replace. */
function withMask(data: Written, mask: string): Written {
  const { kind, degradation, clean } = data;
  const makesHoles = kind === 'degraded' && (degradation as Written | undefined)?.kind === 'inpaint';
  if (kind !== 'masked' && !makesHoles) return { ...data, mask };
  return { ...withoutPaths(data), kind: 'masked', clean, masks: mask };
}

/** Clean pictures with a drawn degradation; the configuration's own settings of the same degradation stay. */
function withDegradation(data: Written, kind: DegradationKind): Written {
  const { degradation, clean } = data;
  const isSame = (degradation as Written | undefined)?.kind === kind;
  return { ...withoutPaths(data), kind: 'degraded', clean, degradation: isSame ? degradation : { kind } };
}

/**
 * The data of a new run.
 *
 * @param written the whole configuration as it was written
 * @throws RddmError when the options contradict each other, or `data` is no known data set that the task can use
 */
export async function withDataFlags(
  written: Written,
  flags: DataFlags,
): Promise<{ readonly data: Written; readonly notes: readonly string[] }> {
  const { clean, degrade, input, target, mask, exclude } = flags;
  let data: Written = { ...(written.data as object | undefined) };
  const notes: string[] = [];
  if ((input === undefined) !== (target === undefined)) {
    throw expected('train', '--input and --target together', input === undefined ? 'only --target' : 'only --input');
  }
  if (clean !== undefined && input !== undefined) throw expected('train', '--clean or --input with --target', 'both');
  if (degrade !== undefined && input !== undefined) {
    const remedy = 'pairs are degraded already; leave out one of them';
    throw expected('train', '--degrade with clean pictures', `--input ${input}`, remedy);
  }
  if (flags.data !== undefined) {
    if (clean !== undefined || input !== undefined) {
      throw expected('train', '--data alone, or folders', `--data and ${clean === undefined ? '--input' : '--clean'}`);
    }
    const found = await requireLayout(flags.data, 'train', 'train', layoutsFor(data.kind));
    const model = (written.model ?? {}) as { condition?: unknown };
    const seesMask = model.condition === 'input-and-mask';
    data = fromLayout(data, found, seesMask);
    notes.push(describe(found, seesMask && data.kind === 'folders'));
  }
  if (degrade !== undefined) data = withDegradation(data, degrade);
  if (clean !== undefined) data[data.kind === 'images' ? 'folder' : 'clean'] = clean;
  if (input !== undefined && target !== undefined) data = await pairsOf(data, input, target);
  if (mask !== undefined) data = withMask(data, mask);
  if (input !== undefined || mask !== undefined) await checkMask(data);
  if (exclude !== undefined) data.exclude = exclude;
  return { data, notes };
}
