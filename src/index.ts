/**
 * `rddm`: what a user needs, on any platform. Restoring, training, degradations, metrics, pictures, checkpoints, schedules and
 * samplers. The graph that networks are made of is in `rddm/graph`; files, sharp and onnxruntime-node are in `rddm/node`.
 * Each name has one home among the entry points.
 */

// Models: configuration, weights, files

export { scheduleOfDiffusers, unetOfDiffusers } from './checkpoint/diffusers-config.ts';
export { weightsOfDiffusers } from './checkpoint/diffusers-weights.ts';
export { inferModelConfig } from './checkpoint/infer.ts';
export { matchWeights } from './checkpoint/match.ts';
export { decodeModel, encodeModel, type Model, type ModelFiles, modelFileNames } from './checkpoint/model-directory.ts';
export type { PickleDict } from './checkpoint/pickle.ts';
export type { RawData, RawTensor } from './checkpoint/raw-tensor.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsOptions,
} from './checkpoint/safetensors.ts';
export { readTorchCheckpoint, type TorchCheckpoint, type TorchTensor } from './checkpoint/torch.ts';
export { networkWeights, type WeightsChoice } from './checkpoint/torch-weights.ts';
export { type ModelConfig, type ModelConfigInput, modelConfig, modelConfigSchema } from './model/config.ts';
export { type Quantization, quantizationSchema } from './model/config-fields.ts';
export { modelParameters } from './model/networks.ts';
export type { SampleAdjustment } from './model/reverse-way.ts';
export type { NetworkConfig, NetworkConfigInput, NetworkConfigOf, NetworkName } from './networks/registry.ts';
export { countNetwork, type NetworkCount } from './nn/count.ts';
export { type Initialisation, initialWeights, type ParameterSpec } from './nn/parameters.ts';

// Restoring and sampling

export { type Calibration, createCalibration } from './sample/calibrate.ts';
export type { Denoiser, DenoiserAnswer, DenoiserRequest } from './sample/denoiser.ts';
export { type Ensemble, ensembles } from './sample/ensemble.ts';
export { createNetworkDenoiser, type NetworkDenoiser } from './sample/network-denoiser.ts';
export type { SampleOptions } from './sample/options.ts';
export { type GreenCondition, type GreenRequest, greenCondition } from './sample/path-independence.ts';
export { type RestoreEvent, type RestoreOptions, restoreImage } from './sample/restore.ts';
export { type SampleEvent, sample, sampleFinal } from './sample/sampler.ts';
export type { TileChoice } from './sample/tile-choice.ts';
export { createTiledDenoiser, type TileOptions } from './sample/tiled-denoiser.ts';

// Operations: pictures in, events out. A host is what a platform brings to them

export { type Conversion, type ConversionOptions, convertModel } from './operations/convert/convert-model.ts';
export type { SourceFiles } from './operations/convert/diffusers-files.ts';
export {
  completeDegradation,
  type DegradationEvent,
  type DegradationJob,
  type DegradationOptions,
  degradePictures,
} from './operations/degrade.ts';
export { type Baseline, baselines } from './operations/evaluate/baselines.ts';
export {
  type EvaluationEvent,
  type EvaluationJob,
  type EvaluationOptions,
  evaluatePictures,
} from './operations/evaluate/evaluate.ts';
export { type EvaluationSets, type NamedPictures, pairPictures } from './operations/evaluate/pair.ts';
export {
  type Candidate,
  type CandidateScores,
  candidates,
  type ImageScores,
  type Scores,
} from './operations/evaluate/scores.ts';
export {
  decodeStatistics,
  encodeStatistics,
  type PictureSet,
  type PictureSetOptions,
  type ReadSet,
  readPictureSet,
} from './operations/fid/picture-set.ts';
export {
  type FeatureKind,
  featureKinds,
  openInceptionReader,
  openRandomReader,
  type SetFeatures,
  type SetReader,
} from './operations/fid/set-reader.ts';
export { type Host, type PictureKind, pictureKinds } from './operations/host.ts';
export {
  type Placeable,
  type PlacedOperator,
  type PlacedProgram,
  placeable,
  placeOperators,
  type StateMemory,
} from './operations/inspect/placement.ts';
export { countModel, type NamedCount, type Size } from './operations/inspect/size.ts';
export { inspectCheckpoint, inspectModel, type Subject, type WeightsFile } from './operations/inspect/subject.ts';
export { type PictureSink, type PictureSource, pictureInMemory, pictureInStore } from './operations/picture.ts';
export { picturesInStore } from './operations/pictures-in-store.ts';
export {
  type Measured,
  type QuantizationEvent,
  type QuantizationMeans,
  type QuantizationOptions,
  type QuantizationSubject,
  type QuantizedModel,
  quantizeModel,
} from './operations/quantize.ts';
export {
  type RestorationEvent,
  type RestorationJob,
  type RestorationOptions,
  restorePictures,
  type TileProgress,
} from './operations/restore.ts';
export { type GenerationEvent, type GenerationOptions, generatePictures } from './operations/sample/generate.ts';
export {
  decodeSampleTensors,
  type SampleTensors,
  sampleTensors,
  type TrajectoryEvent,
} from './operations/sample/sample-tensors.ts';
export { type Store, storeWithin, wordsOfName } from './operations/store.ts';
export { loadStoredModel, saveStoredModel } from './operations/stored-model.ts';
export type { InitialModel } from './operations/train/initial-model.ts';
export { type RunPlace, runInStore } from './operations/train/run-place.ts';
export { trainModel } from './operations/train/train-model.ts';
export type { BestModel, RunEvent, TrainingRun } from './operations/train/training-run.ts';
export type { TrainingPictures } from './operations/training-pictures.ts';

// Training

export type { Batch } from './data/batch.ts';
export type { DatasetItem, InputSource } from './data/example.ts';
export type { FoundPicture, PictureFiles, PictureSize } from './data/picture-files.ts';
export type { TrainingState } from './train/checkpoint.ts';
export { type TrainConfig, type TrainConfigInput, trainConfig, trainConfigSchema } from './train/config.ts';
export { type EventContent, type EventRecord, encodeEvent } from './train/event-file.ts';
export { type TrainEvent, type TrainOptions, train } from './train/loop.ts';
export type { Choice } from './train/phase.ts';
export type { SelectedObjective } from './train/selection.ts';
export type { TrainingBatch } from './train/step.ts';
export type { ValidationProgress, ValidationScores } from './train/validation-progress.ts';

// Pictures, and what degrades them

export { type AugmentOptions, augment } from './data/crop.ts';
export {
  type Degradation,
  type DegradationInput,
  type DegradationKind,
  degradationSchema,
  degradations,
  degrade,
} from './data/degrade/degradation.ts';
export type { DegradationRule, Degraded } from './data/degrade/degraded.ts';
export { addRain, drawRain, type RainOptions, type RainRanges, rainOptionsSchema } from './data/degrade/rain.ts';
export type { Drawn, Range } from './data/degrade/range.ts';
export { equaliseHistogram } from './data/equalise.ts';
export { greyImage } from './data/grey.ts';
export { keepKnown, withHole } from './data/hole.ts';
export { type Image, imageToTensor, tensorToImage } from './data/image.ts';
export { imageGrid, squareGrid } from './data/image-grid.ts';
export { medianFilter3 } from './data/median.ts';
export { type Placed, padReflect, removePadding } from './data/pad.ts';
export { resizeImage } from './data/resize.ts';

// Metrics

export { type Comparison, compareImages, type MaskComparison } from './metrics/compare.ts';
export { frechetDistance } from './metrics/frechet.ts';
export { gammaTowards } from './metrics/gamma.ts';
export {
  type Features,
  featureMoments,
  type Gaussian,
  gaussianOfFeatures,
  gaussianOfMoments,
} from './metrics/gaussian.ts';
export { type InceptionScore, inceptionScore } from './metrics/inception-score.ts';
export { labOfRgb } from './metrics/lab.ts';
export { createLpips, type LpipsMeter } from './metrics/lpips.ts';
export { type LumaRounding, luma } from './metrics/luma.ts';
export { maskedImage, type Region } from './metrics/mask.ts';
export type { Plane } from './metrics/plane.ts';
export { psnrRgb } from './metrics/psnr.ts';
export { randomFeatures } from './metrics/random-features.ts';
export { ssimRgb } from './metrics/ssim.ts';

// The paper in closed form: schedules, forward and reverse process

export { type AdjustMode, type Adjustment, adjustModes, adjustSchedule } from './diffusion/adjust.ts';
export { type CumulativeTables, fromDdim, toDdim } from './diffusion/convert.ts';
export { forwardFromInput, forwardProcess, forwardStep, residualOf, type Times } from './diffusion/forward.ts';
export {
  type Clip,
  clips,
  type Estimate,
  interpretPrediction,
  type Objective,
  objectives,
  type PredictedTerms,
  type Prediction,
} from './diffusion/objective.ts';
export { type Path, type PathName, pathNames, pathPoints } from './diffusion/path.ts';
export type { Point } from './diffusion/point.ts';
export { type Course, type Curve, type CurveShape, courses } from './diffusion/power-curve.ts';
export {
  type Mixture,
  mixturePoint,
  type RelativeName,
  relativeMixtures,
  relativeNames,
} from './diffusion/relatives.ts';
export { cleanImage, reverseBetween, reverseStep, type StepTerms } from './diffusion/reverse.ts';
export { createSchedule, type Schedule, type ScheduleOptions, scheduleFromTables } from './diffusion/schedule.ts';
export { samplingTimes } from './diffusion/times.ts';
export { type Posterior, posteriorOf, stepVariance, type VarianceKind, varianceKinds } from './diffusion/variance.ts';

// Tensors, random numbers, errors

export { type Advice, expected, RddmError } from './math/errors.ts';
export type { Matrix } from './math/matrix.ts';
export { createRandom, normalTensor, philox, type Random, type StreamPath } from './math/random.ts';
export type { Shape } from './math/shape.ts';
export { filled, type Tensor, type TensorMap, tensor } from './math/tensor.ts';
