/**
 * One training example: the clean square, the input to restore it from, and the mask if there is one. Inputs have five
 * sources; all random choices come from the example's own streams.
 */
import { expected } from '../math/errors.ts';
import type { Random } from '../math/random.ts';
import { type AugmentOptions, augment } from './crop.ts';
import { type Degradation, degrade } from './degrade/degradation.ts';
import { withHole } from './hole.ts';
import type { Image } from './image.ts';
import { type Preprocessing, preprocessed } from './preprocess.ts';

/** What one training example is made from: paths, or whatever `read` understands. */
export interface DatasetItem {
  /** File name of the clean picture, for messages. */
  readonly name: string;
  readonly clean: string;
  /** The degraded picture; present exactly if inputs are `paired`. */
  readonly input?: string;
  /** The mask of this picture. */
  readonly mask?: string;
}

/** Where inputs come from. */
export type InputSource =
  /** Generation: no inputs. */
  | { readonly kind: 'none' }
  /** Each item has its own. */
  | { readonly kind: 'paired' }
  /** Made from the clean square, with a mask if the degradation makes one. */
  | { readonly kind: 'degraded'; readonly degradation: Degradation }
  /** The clean square with a hole of the shape of any of these masks. */
  | { readonly kind: 'masked'; readonly masks: readonly string[] }
  /** Any of these pictures, of the other domain. */
  | { readonly kind: 'unpaired'; readonly pictures: readonly string[] };

/** Everything that determines an example, except its item and its random streams. */
export interface ExamplePlan {
  readonly source: InputSource;
  readonly augment: AugmentOptions;
  /** Applied to the whole input picture before cropping, or to the square if the input is made from the clean one. */
  readonly preprocess: Preprocessing;
  readonly channels: 1 | 3;
}

/** Squares of one size. */
export interface Example {
  readonly clean: Image;
  readonly input?: Image | undefined;
  readonly mask?: Image | undefined;
}

/** Reads a picture with the given number of channels. */
export type ReadPicture = (path: string, channels: 1 | 3) => Promise<Image>;

/** The random stream with a name; the same name gives the same stream. */
type Streams = (name: string) => Random;

/** So small that the window is the largest square that fits, in any photograph. */
const WHOLE = [1e-6, 1e-6] as const;

const anyOf = (paths: readonly string[], random: Random): string => paths[random.integer(paths.length)];

function requireOneSize(paths: readonly string[], pictures: readonly Image[]): void {
  const sizes = pictures.map(({ width, height }) => `${width}x${height}`);
  const other = sizes.findIndex((size) => size !== sizes[0]);
  if (other > 0) throw expected(paths[other], `${sizes[0]} pixels, the size of ${paths[0]}`, sizes[other]);
}

/** A mask of any size as a square, black and white, in one of its eight symmetries. */
function maskSquare(mask: Image, size: number, random: Random): Image {
  const [square] = augment([mask], { size, scale: WHOLE, flips: 'all' }, random);
  return { ...square, data: Uint8Array.from(square.data, (value) => (value > 127 ? 255 : 0)) };
}

/**
 * Returns the function that makes the example of an item.
 *
 * @throws RddmError if the pictures of an item differ in size, or `read` refuses one
 */
export function exampleMaker(
  { source, augment: cutting, preprocess, channels }: ExamplePlan,
  read: ReadPicture,
): (item: DatasetItem, streams: Streams) => Promise<Example> {
  /** The item's own pictures, cropped alike: clean, then input and mask if there are any. */
  async function cutItem({ clean, input, mask }: DatasetItem, streams: Streams): Promise<Example> {
    const paths = [clean, input, mask].filter((path) => path !== undefined);
    const pictures: Image[] = [];
    for (const path of paths) {
      const picture = await read(path, channels);
      pictures.push(path === input ? preprocessed(picture, preprocess) : picture);
    }
    requireOneSize(paths, pictures);
    const squares = augment(pictures, cutting, streams('crop'));
    return {
      clean: squares[0],
      input: input === undefined ? undefined : squares[1],
      mask: mask === undefined ? undefined : squares[squares.length - 1],
    };
  }

  return async (item, streams) => {
    const own = await cutItem(item, streams);
    switch (source.kind) {
      case 'none':
      case 'paired':
        return own;
      case 'degraded': {
        const { image, mask } = degrade(own.clean, source.degradation, streams('degrade'));
        return { clean: own.clean, input: preprocessed(image, preprocess), mask };
      }
      case 'masked': {
        const random = streams('mask');
        const mask = maskSquare(await read(anyOf(source.masks, random), channels), cutting.size, random);
        return { clean: own.clean, input: preprocessed(withHole(own.clean, mask), preprocess), mask };
      }
      case 'unpaired': {
        const random = streams('other');
        const picture = preprocessed(await read(anyOf(source.pictures, random), channels), preprocess);
        return { clean: own.clean, input: augment([picture], cutting, random)[0] };
      }
    }
  };
}
