/**
 * Which pictures a new run trains on: what its configuration says, with a person's settings laid over it. A data set of the
 * paper is recognised by its folders.
 */
import type { DegradationKind } from '../../data/degrade/degradation.ts';
import { type FoundLayout, type Layout, layouts } from '../../data/layouts.ts';
import { expected } from '../../math/errors.ts';

/** Where pictures come from in place of what the configuration says; folders and lists by their paths. */
export interface DataSettings {
  /** A data set of src/data/layouts.ts, whole. */
  readonly data?: string;
  /** Clean pictures. */
  readonly clean?: string;
  /** What makes the input of clean pictures. */
  readonly degrade?: DegradationKind;
  readonly input?: string;
  readonly target?: string;
  readonly mask?: string;
  readonly exclude?: readonly string[];
}

/** What a platform knows of the paths that settings name. */
export interface NamedPaths {
  kindOf(path: string): Promise<'nothing' | 'folder' | 'file'>;
  /** The path of a folder within another one. */
  join(root: string, folder: string): string;
  /** Recognises a data set that is one of some layouts. @throws RddmError with what is missing where it is none */
  findDataSet(root: string, among: readonly Layout[]): Promise<FoundLayout>;
  /** Recognises a data set by its test split; undefined where it is none. */
  findTestSet(root: string): Promise<FoundLayout | undefined>;
}

/** A configuration's `data`, not yet validated. */
type Written = Record<string, unknown>;

/** What holds for any source: how squares are cut, and whatever else was written, for the schema to judge. */
function withoutPaths(data: Written): Written {
  const { kind, input, target, mask, masks, clean, folder, degradation, endings, ...kept } = data;
  return kept;
}

const maskOf = ({ mask }: Written): Written => (mask === undefined ? {} : { mask });

/** Pairs that the settings name: two lists, or two folders. Whatever else they are is for the data set to refuse. */
async function pairsOf(data: Written, input: string, target: string, { kindOf }: NamedPaths): Promise<Written> {
  const isList = async (path: string): Promise<boolean> =>
    (data.kind === 'flist' || /\.(flist|txt)$/i.test(path)) && (await kindOf(path)) === 'file';
  const areLists = await isList(input);
  if (areLists !== (await isList(target))) {
    const [list, other] = areLists ? [input, target] : [target, input];
    const what = 'two folders or two lists as input and target';
    throw expected('train', what, `the list ${list} and ${other}`, { field: 'input' });
  }
  if (data.kind === 'unpaired') return { ...data, input, target };
  return { ...withoutPaths(data), ...maskOf(data), kind: areLists ? 'flist' : 'folders', input, target };
}

/** Masks come as the pairs do; those of the configuration may not when the settings name other pairs. */
async function checkMask({ kind, mask }: Written, { kindOf }: NamedPaths): Promise<void> {
  if (typeof mask !== 'string') return;
  const there = await kindOf(mask);
  const advice = { remedy: 'name one', field: 'mask' };
  if (kind === 'flist' && there === 'folder') {
    throw expected('train', 'a list of masks, since the pairs are lists', `the folder ${mask}`, advice);
  }
  if (kind === 'folders' && there === 'file') {
    throw expected('train', 'a folder of masks, since the pairs are folders', `the file ${mask}`, advice);
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
function fromLayout(data: Written, { layout, root }: FoundLayout, seesMask: boolean, { join }: NamedPaths): Written {
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
function describe({ layout, root }: FoundLayout, kind: unknown, seesMask: boolean): string {
  const { target, input, mask } = layout.train;
  const isAlone = kind === 'degraded' || kind === 'masked' || kind === 'images';
  const used = isAlone ? [layout.pictures ?? target] : [input, target, seesMask ? mask : undefined];
  const folders = used.filter((folder) => folder !== undefined);
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
  // Of pairs, the target is the clean picture.
  const { degradation, clean = data.target } = data;
  const isSame = (degradation as Written | undefined)?.kind === kind;
  return { ...withoutPaths(data), kind: 'degraded', clean, degradation: isSame ? degradation : { kind } };
}

/** Settings that contradict each other. */
function checkSettings({ data, clean, degrade, input, target }: DataSettings): void {
  const refuse = (what: string, got: string, field: keyof DataSettings, remedy?: string): never => {
    throw expected('train', what, got, { remedy, field });
  };
  if ((input === undefined) !== (target === undefined)) {
    refuse('input and target together', input === undefined ? 'only target' : 'only input', 'input');
  }
  if (clean !== undefined && input !== undefined) refuse('clean pictures, or input and target', 'both', 'clean');
  if (degrade !== undefined && input !== undefined) {
    const remedy = 'pairs are degraded already; leave out one of them';
    refuse('a degradation with clean pictures', `the input ${input}`, 'degrade', remedy);
  }
  if (data !== undefined && (clean !== undefined || input !== undefined)) {
    const other = clean === undefined ? 'input' : 'clean pictures';
    refuse('a data set alone, or folders', `a data set and ${other}`, 'data');
  }
}

/**
 * The data of a new run.
 *
 * @param written the whole configuration as it was written
 * @returns the data, for its schema to judge, and what a person should know of it
 * @throws RddmError when the settings contradict each other, or `data` is no known data set that the task can use
 */
export async function withDataSettings(
  written: Written,
  settings: DataSettings,
  paths: NamedPaths,
): Promise<{ readonly data: Written; readonly notes: readonly string[] }> {
  checkSettings(settings);
  const { clean, degrade, input, target, mask, exclude } = settings;
  let data: Written = { ...(written.data as object | undefined) };
  const notes: string[] = [];
  // First, since it decides which folders of a data set are used.
  if (degrade !== undefined) data = withDegradation(data, degrade);
  if (settings.data !== undefined) {
    const found = await paths.findDataSet(settings.data, layoutsFor(data.kind));
    const model = (written.model ?? {}) as { condition?: unknown };
    const seesMask = model.condition === 'input-and-mask';
    data = fromLayout(data, found, seesMask, paths);
    notes.push(describe(found, data.kind, seesMask && data.kind === 'folders'));
  }
  if (clean !== undefined) data[data.kind === 'images' ? 'folder' : 'clean'] = clean;
  if (input !== undefined && target !== undefined) data = await pairsOf(data, input, target, paths);
  if (mask !== undefined) data = withMask(data, mask);
  if (input !== undefined || mask !== undefined) await checkMask(data, paths);
  if (exclude !== undefined) data.exclude = exclude;
  return { data, notes };
}
