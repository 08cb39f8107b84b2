/**
 * `rddm/node`: pictures, models, data and training runs in files, and onnxruntime-node to run them.
 */

export { fileError } from './adapters/node/files/file-error.ts';
export { loadModel, readBytes, saveModel, writeFileAtomic } from './adapters/node/files/files.ts';
export { folderStore } from './adapters/node/files/folder-store.ts';
export { type OpenedModel, openModel } from './adapters/node/files/open-model.ts';
export {
  openInceptionWeights,
  openLpipsWeights,
  type WeightsOptions,
} from './adapters/node/files/published-weights.ts';
export { nodeHost } from './adapters/node/host.ts';
export { openRuntime } from './adapters/node/ort/open-runtime.ts';
export { createOrtRuntime, type OrtRuntimeOptions } from './adapters/node/ort/runtime.ts';
export {
  imageSize,
  listImages,
  type ReadImageOptions,
  readImage,
  writeImage,
} from './adapters/node/pictures/images.ts';
export { pictureFile } from './adapters/node/pictures/picture-file.ts';
export { openDataset } from './adapters/node/runs/dataset.ts';
export { createLoader } from './adapters/node/runs/loader.ts';
export { openRunLog } from './adapters/node/runs/run-log.ts';
export { runTraining, type TrainingRunEvent, type TrainingRunOptions } from './adapters/node/runs/training-run.ts';
export type { BatchStage } from './data/batch.ts';
export type { Dataset } from './data/dataset.ts';
export type { Loader, LoaderOptions } from './data/loader.ts';
export type { RunLog } from './operations/train/run-log.ts';
