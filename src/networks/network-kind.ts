/**
 * What a kind of network is: the shape of every object in registry.ts. A kind says which settings it has, and what a
 * network of given settings is; the rest of the project takes networks of any kind.
 */
import { z } from 'zod';
import type { Node } from '../graph/node.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import type { Refuse } from '../math/validate.ts';
import type { LinearOrder } from '../nn/attention.ts';
import type { Parameters } from '../nn/parameters.ts';

/** A setting of every kind: the channels of the pictures that the network takes and makes. */
export const pictureChannels = z
  .union([z.literal(1), z.literal(3)])
  .default(3)
  .describe('channels of the picture: 3 colour, 1 grey');

/** The settings of a kind, without `kind` itself. */
export type SettingsSchema = z.ZodObject<{ channels: typeof pictureChannels } & z.core.$ZodLooseShape>;

/** What a network is built from. */
export interface NetworkRequest {
  /** Everything that the network sees, [N, C, H, W]: I_t, and I_in and mask where the model has them. */
  readonly seen: Node;
  /** Embedded times, [N, timeWidth]. */
  readonly time: Node;
  /** Channels of each output. */
  readonly outChannels: number;
  readonly parameters: Parameters;
  /** The order of products in linear attention, for kinds that have it: it changes the cost, not the result. */
  readonly attentionOrder?: LinearOrder | undefined;
}

/** A network of given settings. */
export interface Network {
  /** Its sizes, in a line of text. */
  readonly summary: string;
  /** Resolutions at which it computes. */
  readonly levels: number;
  /** The number by which height and width of a picture must be divisible. */
  readonly sizeMultiple: number;
  /** Height and width of the pictures that it was trained on, where the settings say so. */
  readonly trainedSize?: { readonly height: number; readonly width: number } | undefined;
  /** Width of the time embedding. */
  readonly timeWidth: number;
  /** How many float32 values a pixel of the picture the CPU holds at once while it restores, about. */
  readonly valuesPerPixel: number;
  /** The weights whose convolutions stay in float32 when a model is quantized; without it, none. */
  readonly keptExact?: RegExp;
  /** The embedding [N, timeWidth] of each image's time. */
  embeddedTimes(times: ArrayLike<number>): Tensor;
  /** The output, [N, outChannels, H, W]. */
  build(request: NetworkRequest): Node;
  /**
   * One encoder with two decoders: the output of the first, and of the second, each [N, outChannels, H, W]. A kind without
   * it has no shared encoder.
   */
  buildSharedEncoder?(request: NetworkRequest): readonly [Node, Node];
}

/** What the weights of a network show. */
export interface SeenNetwork {
  /** Settings by name, all but `channels`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Channels that the network sees. */
  readonly inputs: number;
  /** Channels of each output. */
  readonly outputs: number;
}

/** How the settings of a kind are read off weights that come without a configuration. */
export interface WeightReader {
  /** A weight that every network of this kind has, and no network of another kind. */
  readonly sign: string;
  /** How the names of a second decoder's weights begin, where the kind has shared encoders. */
  readonly secondDecoder?: string;
  /** Settings that no weight shows. */
  readonly unseen: readonly string[];
  /**
   * Reads one network.
   *
   * @param prefix of its weights' names, `unet0.` for example
   * @param isShared whether it is an encoder with two decoders
   * @param where the file's name, for messages
   * @throws RddmError when these are not the weights of a network of this kind
   */
  read(weights: TensorMap, prefix: string, isShared: boolean, where: string): SeenNetwork;
}

/** A kind of network. */
export interface NetworkKind<Schema extends SettingsSchema> {
  /** A few words that name it, as in "the paper's U-Net". */
  readonly description: string;
  /** Strict; each field with a description, and with a default unless it may be left out. */
  readonly settings: Schema;
  /** How settings are read off weights, where that is possible. */
  readonly reader?: WeightReader;
  /** Refuses settings that contradict each other, with a sentence each; paths begin at the settings. */
  refuse(settings: z.output<Schema>, refuse: Refuse): void;
  /** The network that settings describe. They may contradict each other as long as nothing is built. */
  network(settings: z.output<Schema>): Network;
}
