/** The pictures that a platform has to learn from, and how it makes batches of them. */
import type { Loader, LoaderOptions } from '../data/loader.ts';
import type { PictureFiles } from '../data/picture-files.ts';

/** Pictures by their paths, as a configuration's data names them. */
export interface TrainingPictures {
  readonly files: PictureFiles;
  /** Starts making batches. @throws RddmError when an option is no whole number in its range */
  load(options: LoaderOptions): Loader;
}
