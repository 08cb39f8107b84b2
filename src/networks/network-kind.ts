/**
 * The interface of a kind of network, which every object in registry.ts has. A kind has its settings, and describes a
 * network with given settings; the rest of the project takes networks of any kind.
 */
import { z } from 'zod';
import type { Node } from '../graph/node.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import type { Refuse } from '../math/validate.ts';
import type { LinearOrder } from '../nn/attention.ts';
import type { Parameters } from '../nn/parameters.ts';

/** A setting of every kind: the channels of the network's pictures. */
export const pictureChannels = z
  .union([z.literal(1), z.literal(3)])
  .default(3)
  .describe('channels of the picture: 3 colour, 1 grey');

/**
 * The approximate number of float32 values per pixel that the pictures of sampling take, whatever the network. Measured as
 * the largest resident size of a process that restores 2400x1600 and 4800x3200 in tiles: 1.0 and 2.9 GB.
 */
export const PICTURE_VALUES = 40;

/** The settings of a kind, without `kind` itself. */
export type SettingsSchema = z.ZodObject<{ channels: typeof pictureChannels } & z.core.$ZodLooseShape>;

/** The inputs of a network. */
export interface NetworkRequest {
  /** All images for the network, [N, C, H, W]: I_t, and I_in and the mask if the model has them. */
  readonly seen: Node;
  /** Embedded times, [N, timeWidth]. */
  readonly time: Node;
  /** Channels of each output. */
  readonly outChannels: number;
  readonly parameters: Parameters;
  /** The order of products in linear attention, for kinds that have it: it changes the cost, not the result. */
  readonly attentionOrder?: LinearOrder | undefined;
}

/** A network with given settings. */
export interface Network {
  /** Its sizes, in a line of text. */
  readonly summary: string;
  /** Resolutions at which it computes. */
  readonly levels: number;
  /** The number by which height and width of a picture must be divisible. */
  readonly sizeMultiple: number;
  /** Height and width of the training pictures, if the settings say so. */
  readonly trainedSize?: { readonly height: number; readonly width: number } | undefined;
  /** Width of the time embedding. */
  readonly timeWidth: number;
  /**
   * The approximate number of float32 values per pixel that the CPU holds at once during restoration, `PICTURE_VALUES`
   * included.
   */
  readonly valuesPerPixel: number;
  /** The weights whose convolutions stay in float32 when a model is quantized; by default none. */
  readonly keptExact?: RegExp;
  /** The embedding [N, timeWidth] of each image's time. */
  embeddedTimes(times: ArrayLike<number>): Tensor;
  /** The output, [N, outChannels, H, W]. */
  build(request: NetworkRequest): Node;
  /**
   * One encoder with two decoders: the output of the first and of the second, each [N, outChannels, H, W]. A kind
   * without this has no shared encoder.
   */
  buildSharedEncoder?(request: NetworkRequest): readonly [Node, Node];
}

/** What a network's weights show. */
export interface SeenNetwork {
  /** Settings by name, except `channels`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Channels of the network's input. */
  readonly inputs: number;
  /** Channels of each output. */
  readonly outputs: number;
}

/** How to infer a kind's settings from weights without a configuration. */
export interface WeightReader {
  /** A weight that every network of this kind has, and no network of another kind. */
  readonly sign: string;
  /** The prefix of a second decoder's weights, if the kind has shared encoders. */
  readonly secondDecoder?: string;
  /** Settings that no weight shows. */
  readonly unseen: readonly string[];
  /**
   * Reads one network.
   *
   * @param prefix of its weights' names, for example `unet0.`
   * @param isShared whether it is an encoder with two decoders
   * @param where the file's name, for messages
   * @throws RddmError if these are not the weights of a network of this kind
   */
  read(weights: TensorMap, prefix: string, isShared: boolean, where: string): SeenNetwork;
}

/** A kind of network. */
export interface NetworkKind<Schema extends SettingsSchema> {
  /** A short name, such as "the paper's U-Net". */
  readonly description: string;
  /** Strict; each field with a description, and with a default unless it is optional. */
  readonly settings: Schema;
  /** How to infer settings from weights, if that is possible. */
  readonly reader?: WeightReader;
  /** Refuses contradictory settings, with one sentence each; paths are relative to the settings. */
  refuse(settings: z.output<Schema>, refuse: Refuse): void;
  /** The network described by settings. They may contradict each other as long as nothing is built. */
  network(settings: z.output<Schema>): Network;
}
