/** Training pictures on disk, loaded by worker threads. */
import type { TrainingPictures } from '../../../operations/training-pictures.ts';
import { pictureFiles } from './dataset.ts';
import { createLoader } from './loader.ts';

export const picturesOnDisk: TrainingPictures = { files: pictureFiles, load: createLoader };
