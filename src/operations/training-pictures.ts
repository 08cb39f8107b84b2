/** The training pictures of a platform, and how it makes batches from them. */
import type { Loader, LoaderOptions } from '../data/loader.ts';
import type { PictureFiles } from '../data/picture-files.ts';

/** Pictures by their paths, as named in a configuration's data. */
export interface TrainingPictures {
  readonly files: PictureFiles;
  /** Starts making batches. @throws RddmError if an option is not a whole number in its range */
  load(options: LoaderOptions): Loader;
}
