/** The model configuration that a golden file describes: what its settings say, and what its weights show. */
import { expected } from '../../src/math/errors.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../../src/model/config.ts';
import { type GoldenFile, unetSizes } from './golden-file.ts';

const objectives = {
  pred_res: 'residual',
  pred_noise: 'noise',
  pred_res_noise: 'residual-noise',
  pred_res_add_noise: 'residual-noise',
} as const;

/** @param weights names and shapes under `param/` or `initial/`; the weights decide what no setting says */
export function modelOf(golden: GoldenFile, prefix: 'param/' | 'initial/', more: ModelConfigInput = {}): ModelConfig {
  const weights = golden.under(prefix);
  const names = Object.keys(weights);
  const networks = names.some((name) => name.startsWith('unet1.'))
    ? 'two'
    : names.some((name) => name.startsWith('ups_no_skip.'))
      ? 'shared-encoder'
      : 'one';
  const stated = golden.text('objective');
  const objective =
    stated in objectives
      ? objectives[stated as keyof typeof objectives]
      : /residual/.test(stated) && /noise/.test(stated)
        ? 'residual-noise'
        : undefined;
  if (!objective) throw expected(golden.name, `an objective, one of ${Object.keys(objectives).join(', ')}`, stated);

  const image = golden.has('clean') ? golden.tensor('clean').shape.slice(1) : golden.tensor('initial_noise').shape;
  const channels = image[1] as 1 | 3;
  const first = names.find((name) => name.endsWith('init_conv.weight'));
  const seen = weights[first ?? ''].shape[1] / channels;
  const condition = (['none', 'input', 'input-and-mask'] as const)[seen - 1];
  return modelConfig(
    {
      task: golden.has('input') ? 'restoration' : 'generation',
      objective,
      networks,
      condition,
      // The reference's objective says whether the second decoder's output is the noise itself.
      ...(networks === 'shared-encoder' && {
        secondDecoder: stated === 'pred_res_add_noise' ? 'residual-plus-noise' : 'noise',
      }),
      unet: { ...unetSizes(golden), channels },
      schedule: { timesteps: golden.numberOr('timesteps', 1000), noiseStrength: golden.number('sum_scale') },
      ...more,
    },
    golden.name,
  );
}
