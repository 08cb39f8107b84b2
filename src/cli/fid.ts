/** `rddm fid`: the distance between a set of generated pictures and a set of real ones. */
import { basename, extname } from 'node:path';
import { type Command, Option } from 'commander';
import { readBytes, writeFileAtomic } from '../adapters/node/files/files.ts';
import { openInceptionWeights } from '../adapters/node/files/published-weights.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { listImages } from '../adapters/node/pictures/images.ts';
import { pictureFile } from '../adapters/node/pictures/picture-file.ts';
import { expected } from '../math/errors.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import {
  decodeStatistics,
  encodeStatistics,
  type PictureSet,
  readPictureSet,
  SPLITS,
} from '../operations/fid/picture-set.ts';
import {
  distanceNames,
  type FeatureKind,
  featureKinds,
  openInceptionReader,
  openRandomReader,
  type SetReader,
} from '../operations/fid/set-reader.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, printJson } from './output.ts';
import { isFolder, refuseToOverwrite, requireFolderOf } from './paths.ts';
import { openWithProgress } from './published-weights.ts';

interface Flags {
  readonly features: FeatureKind;
  readonly weights?: string;
  readonly saveStatistics?: string;
  readonly batch: number;
  readonly device: 'cpu' | 'webgpu';
  readonly json?: true;
  readonly force?: true;
}

/** Whether a path is saved statistics, which need no network. */
const isStatistics = (path: string): boolean => extname(path).toLowerCase() === '.npz';

/** Opens the network of a kind; its weights may have to be fetched. */
async function openReader(kind: FeatureKind, runtime: Runtime, batch: number, weights?: string): Promise<SetReader> {
  if (kind === 'random') return openRandomReader(runtime, batch);
  return openInceptionReader(runtime, batch, await openWithProgress(openInceptionWeights, weights));
}

/** Reads the pictures of a folder with progress, and writes their statistics on request. */
async function readFolder(path: string, reader: SetReader, saveTo?: string): Promise<PictureSet> {
  const pictures = (await listImages(path)).map((file) => pictureFile(file));
  const progress = createProgress(`reading ${basename(path)}`, pictures.length);
  const options = { name: path, onProgress: progress.update, signal: abortSignal() };
  try {
    const set = await readPictureSet(pictures, reader, options);
    if (saveTo !== undefined) await writeFileAtomic(saveTo, encodeStatistics(set.features));
    return set;
  } finally {
    progress.end();
  }
}

/** With fewer pictures the distance mostly reflects their small number. */
const ENOUGH = 2048;

async function fid(generated: string, real: string, flags: Flags): Promise<void> {
  const { features, weights, saveStatistics, batch, device, json, force } = flags;
  if (weights !== undefined && features === 'random') {
    throw expected('fid', 'no --weights with --features random, whose weights come from a seed', weights);
  }
  if (weights !== undefined && isStatistics(generated) && isStatistics(real)) {
    throw expected('fid', 'no --weights with two files of statistics, which need no network', weights);
  }
  if (saveStatistics !== undefined) {
    if (!isStatistics(saveStatistics)) {
      const remedy = 'only such a file can later be read as statistics';
      throw expected('fid', '--save-statistics with a file ending in .npz', saveStatistics, remedy);
    }
    await requireFolderOf('fid', '--save-statistics', saveStatistics);
    if (!(await isFolder(real))) {
      throw expected('fid', 'a folder of real pictures to save statistics of', real);
    }
    await refuseToOverwrite('fid', [saveStatistics], force);
  }
  // Before a network is opened, whose weights may have to be fetched, and before pictures are read.
  const [savedFirst, savedSecond] = await Promise.all(
    [generated, real].map(async (path) =>
      isStatistics(path) ? decodeStatistics(await readBytes(path, 'fid'), features, path) : undefined,
    ),
  );
  const runtime = openRuntime(device);
  try {
    let reader: SetReader | undefined;
    const read = async (path: string, saveTo?: string): Promise<PictureSet> => {
      reader ??= await openReader(features, runtime, batch, weights);
      return readFolder(path, reader, saveTo);
    };
    const first = savedFirst ?? (await read(generated));
    const second = savedSecond ?? (await read(real, saveStatistics));
    await reader?.release();
    const distance = frechetDistance(first.gaussian, second.gaussian);
    const name = distanceNames[features];
    const counts = { generated: first.pictures, real: second.pictures };
    if (json) {
      return printJson({
        format: 'rddm-fid',
        version: 1,
        generated,
        real,
        features,
        pictures: counts,
        [name]: distance,
        ...(first.inceptionScore && { inceptionScore: first.inceptionScore }),
      });
    }
    process.stdout.write(`${name.toUpperCase()} ${distance.toPrecision(6)}\n`);
    if (first.inceptionScore) {
      const { mean, deviation } = first.inceptionScore;
      process.stdout.write(`Inception Score of generated ${mean.toFixed(3)} ± ${deviation.toFixed(3)}\n`);
    }
    if (features === 'inception' && !savedFirst && !first.inceptionScore) {
      process.stderr.write(`note: no Inception Score: it needs ${SPLITS} pictures, got ${first.pictures}\n`);
    }
    const fewest = Math.min(counts.generated ?? ENOUGH, counts.real ?? ENOUGH);
    if (features === 'inception' && fewest < ENOUGH) {
      process.stderr.write(`note: from ${fewest} pictures; compare it only with distances from the same number\n`);
    }
  } finally {
    await runtime.close();
  }
}

const explanation = `
<real> and <generated> are folders of pictures, or .npz files with mu and sigma in pytorch-fid's format; with
--save-statistics the real folder is read once, and its file can be used from then on.

inception  FID as pytorch-fid computes it, and the Inception Score (10 parts) from the same network's logits without bias.
           The weights (95 MB) are fetched on first use. Without a network, fetch pt_inception-2015-12-05-6726825d.pth
           elsewhere and pass it with --weights.
random     RFD, the same distance between features of an untrained network. Needs no download, and pictures of one
           size. It orders sets of one kind of pictures; it is not the FID, and must not be compared with one.

Examples:
  $ rddm fid generated photos
  $ rddm fid generated photos --save-statistics photos.npz
  $ rddm fid generated photos.npz --json
  $ rddm fid generated photos --features random`;

/** Adds `rddm fid` to the program. */
export function registerFid(program: Command): void {
  program
    .command('fid')
    .summary('the distance of generated pictures from real ones')
    .description('Fréchet Inception Distance between two sets of pictures, and the Inception Score of the first.')
    .argument('<generated>', 'folder of generated pictures, or their statistics')
    .argument('<real>', 'folder of real pictures, or their statistics')
    .addOption(new Option('--features <kind>', 'network for the features').choices(featureKinds).default('inception'))
    .option('--weights <file>', "file with the Inception network's weights, to use offline")
    .option('--save-statistics <file>', "also write the real pictures' statistics (.npz)")
    .option('--batch <number>', 'pictures per run', wholeNumber(1), 8)
    .addOption(new Option('--device <device>', 'where to compute').choices(['cpu', 'webgpu']).default('cpu'))
    .option('--json', 'print JSON')
    .option('--force', 'replace an existing file')
    .addHelpText('after', explanation)
    .action(fid);
}
