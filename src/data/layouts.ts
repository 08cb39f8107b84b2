/**
 * How the data sets of the paper (Table 4) are laid out on disk once unpacked, so that naming one folder is enough.
 * A path here starts at that folder; `*` stands for any one folder. An adapter finds out which layout a folder has; a
 * layout becomes an ordinary source of training pictures.
 */

/** A part of a data set. */
export type Split = 'train' | 'test';

/** How pictures relate to each other. */
export type Role = 'input' | 'target' | 'mask';

/** Folders of one split by role; a layout of pictures alone has targets only. */
export interface LayoutFolders {
  readonly target: string;
  readonly input?: string;
  readonly mask?: string;
}

/** One way in which a data set is unpacked. */
export interface Layout {
  /** Its name in the paper. */
  readonly title: string;
  /** `pairs`: pairs by name; `domains`: two kinds of pictures without pairs; `pictures`: single pictures. */
  readonly kind: 'pairs' | 'domains' | 'pictures';
  readonly train: LayoutFolders;
  /** Absent if the set has no test split of its own. */
  readonly test?: LayoutFolders;
  /** All training pictures, if a generator may learn from both domains. */
  readonly pictures?: string;
  /** The endings of file names in each role, after their common part. */
  readonly endings?: Readonly<Record<Role, string>>;
}

const istd = (above: (split: Split) => string): Layout => {
  const folders = (split: Split) => ({
    input: `${above(split)}${split}_A`,
    mask: `${above(split)}${split}_B`,
    target: `${above(split)}${split}_C`,
  });
  return { title: 'ISTD', kind: 'pairs', train: folders('train'), test: folders('test') };
};

const raindrop = (train: string, test: string): Layout => ({
  title: 'RainDrop',
  kind: 'pairs',
  train: { input: `${train}/data`, target: `${train}/gt` },
  test: { input: `${test}/data`, target: `${test}/gt` },
  endings: { input: '_rain', target: '_clean', mask: '' },
});

const domains = (title: string, from: string, to: string, test: string): Layout => ({
  title,
  kind: 'domains',
  train: { input: `train/${from}`, target: `train/${to}` },
  test: { input: `${test}/${from}`, target: `${test}/${to}` },
  pictures: 'train/*',
});

const pictures = (title: string, folder: string): Layout => ({ title, kind: 'pictures', train: { target: folder } });

/** All known layouts, specific before general; the first that fits is used. */
export const layouts: readonly Layout[] = [
  istd((split) => `${split}/`),
  istd(() => ''),
  {
    title: 'LOL',
    kind: 'pairs',
    train: { input: 'our485/low', target: 'our485/high' },
    test: { input: 'eval15/low', target: 'eval15/high' },
  },
  {
    title: 'GoPro',
    kind: 'pairs',
    train: { input: 'train/*/blur', target: 'train/*/sharp' },
    test: { input: 'test/*/blur', target: 'test/*/sharp' },
  },
  raindrop('train', 'test_a'),
  raindrop('train', 'test'),
  // AFHQ as StarGAN v2 published it, and its second version, where the other split is called test.
  domains('AFHQ', 'dog', 'cat', 'val'),
  domains('AFHQ', 'dog', 'cat', 'test'),
  domains('CelebA-HQ', 'male', 'female', 'val'),
  pictures('CelebA', 'img_align_celeba'),
  pictures('CelebA', 'Img/img_align_celeba'),
  pictures('CelebA-HQ', 'celeba_hq_256'),
  pictures('CelebA-HQ', 'CelebA-HQ-img'),
];

/** A data set that was found. */
export interface FoundLayout {
  readonly layout: Layout;
  /** The folder that was recognised. */
  readonly root: string;
}
