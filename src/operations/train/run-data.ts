/** The pictures of a run: those it trains on, and those that are held back to validate it. */
import { type Dataset, findDataset } from '../../data/dataset.ts';
import { heldBack } from '../../data/hold-back.ts';
import type { PictureFiles } from '../../data/picture-files.ts';
import { sharedPictures } from '../../data/shared-pictures.ts';
import { expected } from '../../math/errors.ts';
import type { TrainConfig } from '../../train/config.ts';
import { validationSource, withValidationSquares } from '../../train/validation-config.ts';

/** The data sets of a run. */
export interface RunData {
  readonly training: Dataset;
  /** Absent without validation. */
  readonly validation?: Dataset;
}

/**
 * Finds the pictures of a run.
 *
 * @throws RddmError if they cannot be found, nothing would be left to train on, or a picture would be both learnt and
 *   scored
 */
export async function findRunData(
  { data, validation }: Pick<TrainConfig, 'data' | 'validation'>,
  files: PictureFiles,
): Promise<RunData> {
  const whole = await findDataset(data, files);
  if (!validation) return { training: whole };
  const { share, seed } = validation;
  if (share !== undefined) {
    const { kept, held } = heldBack(whole.items, share, seed);
    const config = withValidationSquares(data, validation);
    return { training: { ...whole, items: kept }, validation: { ...whole, config, items: held } };
  }
  const source = validationSource(data, validation) as TrainConfig['data'];
  const other = await findDataset(withValidationSquares(source, validation), files);
  const shared = await sharedPictures(whole, other, files);
  if (shared.length === 0) return { training: whole, validation: other };
  const what = 'pictures to validate on that are not trained on';
  const got = `${shared.length} that are, such as ${shared[0]}`;
  throw expected('train', what, got, { remedy: 'name other pictures, or hold back a share', field: 'validate' });
}
