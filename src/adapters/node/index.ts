/**
 * `rddm/node`: pictures, models, data and training runs in files, and onnxruntime-node to run them.
 */
export { openDataset } from './dataset.ts';
export { fileError } from './file-error.ts';
export { loadModel, readBytes, saveModel, writeFileAtomic } from './files.ts';
export { imageSize, listImages, medianFilter3, readImage, writeImage } from './images.ts';
export { createLoader, type Loader } from './loader.ts';
export { openModel } from './open-model.ts';
export { openRuntime } from './open-runtime.ts';
export { createOrtRuntime, type OrtRuntimeOptions } from './ort-runtime.ts';
export { openInceptionWeights, openLpipsWeights, type WeightsOptions } from './published-weights.ts';
export { openRunLog, type RunLog } from './run-log.ts';
export { runTraining, type TrainingRunEvent, type TrainingRunOptions } from './training-run.ts';
