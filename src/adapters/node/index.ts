/**
 * `rddm/node`: pictures, models, data and training runs in files, and onnxruntime-node to run them.
 */

export { fileError } from './files/file-error.ts';
export { loadModel, readBytes, saveModel, writeFileAtomic } from './files/files.ts';
export { openModel } from './files/open-model.ts';
export { openInceptionWeights, openLpipsWeights, type WeightsOptions } from './files/published-weights.ts';
export { openRuntime } from './ort/open-runtime.ts';
export { createOrtRuntime, type OrtRuntimeOptions } from './ort/runtime.ts';
export { imageSize, listImages, medianFilter3, readImage, writeImage } from './pictures/images.ts';
export { openDataset } from './runs/dataset.ts';
export { createLoader, type Loader } from './runs/loader.ts';
export { openRunLog, type RunLog } from './runs/run-log.ts';
export { runTraining, type TrainingRunEvent, type TrainingRunOptions } from './runs/training-run.ts';
