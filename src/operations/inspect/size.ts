/** The size of a model's networks, each and together, at a picture size, by both common counts. */
import type { Node } from '../../graph/node.ts';
import type { ModelConfig } from '../../model/config.ts';
import { networkFeeds, networks } from '../../model/networks.ts';
import { networkOf } from '../../networks/registry.ts';
import { countNetwork, type NetworkCount } from '../../nn/count.ts';
import { stateParameters } from '../../nn/parameters.ts';

/** A size in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** A network's name and size. */
export interface NamedCount extends NetworkCount {
  readonly network: string;
}

/** The size at which the network runs: both sides are rounded up to what it needs. */
export function fittingSize({ unet }: ModelConfig, { height, width }: Size): Size {
  const multiple = networkOf(unet).sizeMultiple;
  const grown = (side: number): number => Math.ceil(side / multiple) * multiple;
  return { height: grown(height), width: grown(width) };
}

/**
 * Counts a model's networks at a size, each and together, as the paper writes them rather than as they are computed.
 *
 * @example
 * ```ts
 * import { countModel, modelConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * const { networks, total } = countModel(modelConfig({}), { height: 256, width: 256 });
 * assert.equal(networks.length, 1);
 * assert.equal((total.parameters / 1e6).toFixed(2), '36.26');
 * ```
 */
export function countModel(config: ModelConfig, size: Size): { networks: NamedCount[]; total: NetworkCount } {
  const { height, width } = fittingSize(config, size);
  const inputs = networkFeeds(config, 1, height, width);
  const outputs = networks(config, inputs, stateParameters().parameters, 'as-written');
  const { residual, noise, clean } = outputs;
  const total = countNetwork(Object.values(outputs));
  const named = (network: string, nodes: readonly (Node | undefined)[]): NamedCount => ({
    network,
    ...countNetwork(nodes.filter((node) => node !== undefined)),
  });
  const each: Readonly<Record<ModelConfig['networks'], () => NamedCount[]>> = {
    one: () => [named(`unet0 (${config.objective})`, [residual, noise, clean])],
    two: () => [named('unet0 (residual)', [residual]), named('unet1 (noise)', [noise])],
    'shared-encoder': () => [named('shared encoder, two decoders', [residual, noise])],
  };
  return { networks: each[config.networks](), total };
}
