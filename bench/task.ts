/**
 * A task for a child: plain data that travels as JSON, so that a peer in another language can read it. Weights and
 * inputs are in safetensors files, which we and every peer read. Paths are absolute.
 */
import type { ModelConfig } from '../src/model/config.ts';
import type { ConvolutionLayer } from './convolutions.ts';

/** One run of a network, or one whole training step of it. */
export interface NetworkTask {
  /**
   * `inference`: the output of the network, from the feeds `noisy`, `input` and `residualTime`.
   * `training`: from `clean`, `input`, `noise`, `alphaBar`, `betaBar` and `residualTime` the noisy image (Eq. 7), forward,
   * loss, backward, clipping by norm, Adam, EMA.
   */
  readonly kind: 'inference' | 'training';
  /** One U-Net that predicts the residual; its weights are named `unet0.…`. */
  readonly model: ModelConfig;
  readonly batch: number;
  /** Height and width of the images. */
  readonly size: number;
  /** Every weight of the model, under its reference name. */
  readonly weights: string;
  /** Every feed; `residualTime` is the sinusoids [N, dim], already computed. */
  readonly feeds: string;
  readonly optimiser: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly clipNorm: number;
    /** How far the average moves towards the weights in each step. */
    readonly averageRate: number;
  };
}

/** A product of two square float32 matrices, one of them constant. */
export interface ProductTask {
  readonly kind: 'product';
  readonly size: number;
}

/** A command that restores a photograph, from its start to the file that it writes. */
export interface RestoreTask {
  readonly kind: 'restore';
  readonly photograph: string;
  /** The file that the command writes; each run replaces it. */
  readonly out: string;
  readonly steps: number;
}

/** Batches of the training loader. */
export interface LoaderTask {
  readonly kind: 'loader';
  /** Folder of clean photographs; rain is drawn on them. */
  readonly photographs: string;
  readonly crop: number;
  readonly batch: number;
  /** Batches per run. */
  readonly batches: number;
  /** Bytes of decoded pictures to keep; 0 decodes every time, like a data set larger than the cache. */
  readonly cacheBytes: number;
}

/** A network in a browser: ours is onnxruntime-web in Chromium; Node runs the same bytes. */
export interface BrowserTask {
  readonly kind: 'browser';
  /** ONNX bytes, as for the CPU. */
  readonly model: string;
  /** Every feed. */
  readonly feeds: string;
}

/** Opening the session of a network: everything from its program until the first run can begin. */
export interface SessionTask {
  readonly kind: 'session';
  readonly network: NetworkTask;
  /** Folder of optimised graphs, which the warm-up runs fill, or `off`. */
  readonly cache: string;
}

/** A stack of convolutions in a browser, each with SiLU: from the feed `x` to the output `y`. */
export interface ConvolutionsTask extends Omit<BrowserTask, 'kind'> {
  readonly kind: 'convolutions';
  readonly layers: readonly ConvolutionLayer[];
  /** `NAME.weight` and `NAME.bias` of each layer; the ONNX bytes have the same ones as constants. */
  readonly weights: string;
}

export type Task = NetworkTask | ProductTask | RestoreTask | LoaderTask | BrowserTask | ConvolutionsTask | SessionTask;

/** Whether a task is a network's. */
export const isNetworkTask = (task: Task): task is NetworkTask => task.kind === 'inference' || task.kind === 'training';

/** Whether a task is for a browser. */
export const isBrowserTask = (task: Task): task is BrowserTask | ConvolutionsTask =>
  task.kind === 'browser' || task.kind === 'convolutions';
