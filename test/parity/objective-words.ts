/**
 * What a golden file says its networks predict: in the reference's words (`pred_res`), or in a sentence ("residual and
 * noise, two networks"). The weights take precedence; words only decide what no weight shows, and words that contradict
 * the weights are refused.
 */
import type { Objective } from '../../src/diffusion/objective.ts';
import { expected } from '../../src/math/errors.ts';
import type { TensorMap } from '../../src/math/tensor.ts';
import type { NetworkForm } from '../../src/model/config-fields.ts';

/** What the names and shapes of the weights show. */
export interface ShownNetworks {
  readonly networks: NetworkForm;
  /** Whether the networks have outputs for the residual and for the noise. */
  readonly predictsBoth: boolean;
}

export function shownNetworks(weights: TensorMap, channels: number, where: string): ShownNetworks {
  const names = Object.keys(weights);
  if (names.some((name) => name.startsWith('unet1.'))) return { networks: 'two', predictsBoth: true };
  if (names.some((name) => name.includes('ups_no_skip.'))) return { networks: 'shared-encoder', predictsBoth: true };
  const final = names.find((name) => name.endsWith('final_conv.weight'));
  if (!final) throw expected(where, 'a weight final_conv.weight', 'none');
  const outputs = weights[final].shape[0];
  if (outputs !== channels && outputs !== 2 * channels) {
    const what = `a network with ${channels} or ${2 * channels} output channels for images of ${channels}`;
    throw expected(where, what, String(outputs));
  }
  return { networks: 'one', predictsBoth: outputs !== channels };
}

/** The quantities named by the words; `pred_res` and `pred_noise` count as words. */
function named(words: string): Objective | undefined {
  const residual = /residual|(^|[\W_])res([\W_]|$)/i.test(words);
  const noise = /noise|epsilon/i.test(words);
  if (residual && noise) return 'residual-noise';
  return residual ? 'residual' : noise ? 'noise' : undefined;
}

/** The network form named by the words, as "two networks", "one" and "shared-encoder". */
function namedForm(words: string): NetworkForm | undefined {
  if (/shared/i.test(words)) return 'shared-encoder';
  if (/\btwo\b|\b2[ -]?net/i.test(words)) return 'two';
  return /\b(one|single)\b|\b1[ -]?net/i.test(words) ? 'one' : undefined;
}

/** The reference's pred_res_add_noise, or a sentence: the second decoder's output includes the residual. */
const predictsSum = /add[_ -]?noise|residual (\+|plus) (the )?noise/i;

/**
 * @param stated the setting `objective`
 * @param networks the setting `networks`: a word, or a sentence
 */
export function readObjective(stated: string, networks: string | undefined, shown: ShownNetworks, where: string) {
  const objective = named(stated);
  const wanted = shown.predictsBoth ? 'residual-noise' : undefined;
  if (objective === undefined || (wanted ? objective !== wanted : objective === 'residual-noise')) {
    const what = wanted
      ? 'an objective of residual and noise, since the weights have outputs for both,'
      : 'an objective of residual or noise, since the weights have one output,';
    throw expected(where, what, stated);
  }
  const words = `${stated}; ${networks ?? ''}`;
  const form = namedForm(stated) ?? namedForm(networks ?? '');
  if (form !== undefined && form !== shown.networks) {
    throw expected(where, `words for networks "${shown.networks}", as its weights are`, words);
  }
  return {
    objective,
    networks: shown.networks,
    ...(shown.networks === 'shared-encoder' && {
      secondDecoder: predictsSum.test(words) ? ('residual-plus-noise' as const) : ('noise' as const),
    }),
  };
}
