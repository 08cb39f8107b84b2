/** What a run knows of its validations: kept in the checkpoint, so that a resumed run goes on comparing. */
import { expected } from '../math/errors.ts';

/** Means over the squares of a validation: PSNR on RGB in dB, and SSIM on RGB, at most 1. */
export interface ValidationScores {
  readonly psnr: number;
  readonly ssim: number;
}

/** The validations of a run so far. */
export interface ValidationProgress {
  /** A hash of the squares: scores on others cannot be compared. */
  readonly squares: string;
  /** The last step that was validated. */
  readonly step: number;
  /** The step with the highest PSNR, the first of equals, and its scores. */
  readonly best: ValidationScores & { readonly step: number };
}

/** The progress after another validation. */
export function afterValidation(
  before: ValidationProgress | undefined,
  squares: string,
  step: number,
  scores: ValidationScores,
): ValidationProgress {
  const best = before && before.best.psnr >= scores.psnr ? before.best : { step, ...scores };
  return { squares, step, best };
}

/** A checkpoint's metadata. */
type Metadata = Readonly<Record<string, string>>;

/** As the metadata of a checkpoint; numbers as JavaScript writes them, which keeps every bit. */
export function validationMetadata({ squares, step, best }: ValidationProgress): Metadata {
  return {
    validationSquares: squares,
    validatedAt: String(step),
    bestStep: String(best.step),
    bestPsnr: String(best.psnr),
    bestSsim: String(best.ssim),
  };
}

/**
 * The reverse; undefined if the run has not been validated.
 *
 * @throws RddmError if a field is missing or no number, or a step is beyond the checkpoint's
 */
export function readValidation(metadata: Metadata, step: number, where: string): ValidationProgress | undefined {
  const names = ['validationSquares', 'validatedAt', 'bestStep', 'bestPsnr', 'bestSsim'];
  if (names.every((name) => metadata[name] === undefined)) return undefined;
  const [squares, ...words] = names.map((name) => metadata[name]);
  const [validatedAt, bestStep, psnr, ssim] = words.map((word) => (word === undefined ? Number.NaN : Number(word)));
  const isStep = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= step;
  if (squares && isStep(validatedAt) && isStep(bestStep) && !Number.isNaN(psnr) && !Number.isNaN(ssim)) {
    return { squares, step: validatedAt, best: { step: bestStep, psnr, ssim } };
  }
  const got = names.map((name) => `${name} ${metadata[name] ?? 'missing'}`).join(', ');
  throw expected(where, 'the validations of a run, all before its step', got, 'resume an undamaged run');
}
