/**
 * `rddm`: the isomorphic library. What runs pictures and networks on a platform is in `rddm/node`.
 * Sorted by what one does with it: mathematics, graph, diffusion, networks, sampling, training, pictures, files.
 */

export { scheduleOfDiffusers, unetOfDiffusers } from './checkpoint/diffusers-config.ts';
export { weightsOfDiffusers } from './checkpoint/diffusers-weights.ts';
export { inferModelConfig } from './checkpoint/infer.ts';
export { matchWeights } from './checkpoint/match.ts';
export { decodeModel, encodeModel, type Model } from './checkpoint/model-directory.ts';
export { decodeSafetensors, encodeSafetensors } from './checkpoint/safetensors.ts';
export { readTorchCheckpoint } from './checkpoint/torch.ts';
export { networkWeights } from './checkpoint/torch-weights.ts';
export { augment } from './data/crop.ts';
export { degradationSchema, degrade } from './data/degrade/degradation.ts';
export type { Degraded } from './data/degrade/degraded.ts';
export { addRain, drawRain, rainOptionsSchema } from './data/degrade/rain.ts';
export { equaliseHistogram } from './data/equalise.ts';
export { keepKnown, withHole } from './data/hole.ts';
export { type Image, imageToTensor, tensorToImage } from './data/image.ts';
export { imageGrid } from './data/image-grid.ts';
export { padReflect, removePadding } from './data/pad.ts';
export { resizeImage } from './data/resize.ts';
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
export * from './graph/build.ts';
export { type Kernel, type Pass, type SplitProgram, splitProgram } from './graph/elementwise.ts';
export { evaluate, evaluateExactly, type Value } from './graph/evaluate.ts';
export { gradient } from './graph/gradient.ts';
export { isOp, type Node, type OpName, topologicalOrder } from './graph/node.ts';
export { createProgram, type Program, programNodes, statesUpdatedInPlace } from './graph/program.ts';
export { recompute } from './graph/recompute.ts';
export { rewrite } from './graph/rewrite.ts';
export { simplify } from './graph/simplify.ts';
export { expected, RddmError } from './math/errors.ts';
export { decodeHalf, encodeHalf } from './math/half.ts';
export { createRandom, normalTensor, philox, type Random, type StreamPath } from './math/random.ts';
export type { Shape } from './math/shape.ts';
export { filled, type Tensor, type TensorMap, tensor } from './math/tensor.ts';
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
export { type ModelConfig, type ModelConfigInput, modelConfig } from './model/config.ts';
export type { Quantization } from './model/config-fields.ts';
export { modelParameters } from './model/networks.ts';
export type { SampleAdjustment } from './model/reverse-way.ts';
export { countNetwork } from './nn/count.ts';
export { initialWeights } from './nn/parameters.ts';
export { timeEmbedding } from './nn/time-embedding.ts';
export { emit, lowerProgram, updateName } from './onnx/emit.ts';
export type { Provider } from './onnx/lowering.ts';
export type { Precision } from './onnx/precision.ts';
export { createReferenceRuntime } from './runtime/reference.ts';
export type { Device, Executable, Placement, Runtime } from './runtime/runtime.ts';
export { type Calibration, createCalibration } from './sample/calibrate.ts';
export type { Denoiser } from './sample/denoiser.ts';
export { createNetworkDenoiser, type NetworkDenoiser } from './sample/network-denoiser.ts';
export type { SampleOptions } from './sample/options.ts';
export { type GreenCondition, type GreenRequest, greenCondition } from './sample/path-independence.ts';
export { restoreImage } from './sample/restore.ts';
export { type SampleEvent, sample, sampleFinal } from './sample/sampler.ts';
export { type TrainConfig, type TrainConfigInput, trainConfig } from './train/config.ts';
export { encodeEvent } from './train/event-file.ts';
export { type TrainEvent, type TrainOptions, train } from './train/loop.ts';
export { compileKernel } from './wasm/kernel.ts';
