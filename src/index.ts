/**
 * `rddm`: what a user needs, on any platform. Restoring, training, degradations, metrics, pictures, checkpoints, schedules and
 * samplers. The graph that networks are made of is in `rddm/graph`; files, sharp and onnxruntime-node are in `rddm/node`.
 * Each name has one home among the entry points.
 */

// Models and their files
export { scheduleOfDiffusers, unetOfDiffusers } from './checkpoint/diffusers-config.ts';
export { weightsOfDiffusers } from './checkpoint/diffusers-weights.ts';
export { inferModelConfig } from './checkpoint/infer.ts';
export { matchWeights } from './checkpoint/match.ts';
export { decodeModel, encodeModel, type Model } from './checkpoint/model-directory.ts';
export { decodeSafetensors, encodeSafetensors } from './checkpoint/safetensors.ts';
export { readTorchCheckpoint } from './checkpoint/torch.ts';
export { networkWeights } from './checkpoint/torch-weights.ts';
// Pictures, and what degrades them
export { augment } from './data/crop.ts';
export { degradationSchema, degrade } from './data/degrade/degradation.ts';
export type { Degraded } from './data/degrade/degraded.ts';
export { addRain, drawRain, rainOptionsSchema } from './data/degrade/rain.ts';
export { equaliseHistogram } from './data/equalise.ts';
export { greyImage } from './data/grey.ts';
export { keepKnown, withHole } from './data/hole.ts';
export { type Image, imageToTensor, tensorToImage } from './data/image.ts';
export { imageGrid } from './data/image-grid.ts';
export { medianFilter3 } from './data/median.ts';
export { padReflect, removePadding } from './data/pad.ts';
export { resizeImage } from './data/resize.ts';
// The paper in closed form: schedules, forward and reverse process
export { type AdjustMode, type Adjustment, adjustSchedule } from './diffusion/adjust.ts';
export { fromDdim, toDdim } from './diffusion/convert.ts';
export { forwardFromInput, forwardProcess, forwardStep, residualOf } from './diffusion/forward.ts';
export { type Clip, type Estimate, interpretPrediction, type Objective } from './diffusion/objective.ts';
export { type Path, pathPoints } from './diffusion/path.ts';
export type { Point } from './diffusion/point.ts';
export type { Curve } from './diffusion/power-curve.ts';
export { type Mixture, mixturePoint, type RelativeName, relativeMixtures } from './diffusion/relatives.ts';
export { cleanImage, reverseBetween, reverseStep } from './diffusion/reverse.ts';
export { createSchedule, type Schedule, type ScheduleOptions, scheduleFromTables } from './diffusion/schedule.ts';
export { samplingTimes } from './diffusion/times.ts';
export { type Posterior, posteriorOf, stepVariance, type VarianceKind } from './diffusion/variance.ts';
// Tensors, random numbers, errors
export { expected, RddmError } from './math/errors.ts';
export { createRandom, normalTensor, philox, type Random, type StreamPath } from './math/random.ts';
export type { Shape } from './math/shape.ts';
export { filled, type Tensor, type TensorMap, tensor } from './math/tensor.ts';
// Metrics
export { type Comparison, compareImages } from './metrics/compare.ts';
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
export { luma } from './metrics/luma.ts';
export { maskedImage } from './metrics/mask.ts';
export { psnrRgb } from './metrics/psnr.ts';
export { randomFeatures } from './metrics/random-features.ts';
export { ssimRgb } from './metrics/ssim.ts';
// Configurations and weights
export { type ModelConfig, type ModelConfigInput, modelConfig } from './model/config.ts';
export type { Quantization } from './model/config-fields.ts';
export { modelParameters } from './model/networks.ts';
export type { SampleAdjustment } from './model/reverse-way.ts';
export { countNetwork } from './nn/count.ts';
export { initialWeights } from './nn/parameters.ts';
// What a platform brings to the operations
export { type Host, type PictureKind, pictureKinds } from './operations/host.ts';
export { type PictureSink, type PictureSource, pictureInMemory, pictureInStore } from './operations/picture.ts';
export { type Store, wordsOfName } from './operations/store.ts';
// Sampling and restoring
export { type Calibration, createCalibration } from './sample/calibrate.ts';
export type { Denoiser } from './sample/denoiser.ts';
export { createNetworkDenoiser, type NetworkDenoiser } from './sample/network-denoiser.ts';
export type { SampleOptions } from './sample/options.ts';
export { type GreenCondition, type GreenRequest, greenCondition } from './sample/path-independence.ts';
export { restoreImage } from './sample/restore.ts';
export { type SampleEvent, sample, sampleFinal } from './sample/sampler.ts';
// Training
export { type TrainConfig, type TrainConfigInput, trainConfig } from './train/config.ts';
export { encodeEvent } from './train/event-file.ts';
export { type TrainEvent, type TrainOptions, train } from './train/loop.ts';
