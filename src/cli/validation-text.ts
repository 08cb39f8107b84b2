/** The scores of a validation in the output of `rddm train`. */
import type { BestModel, RunEvent } from '../operations/train/training-run.ts';
import type { ValidationScores } from '../train/validation-progress.ts';

/** `31.20 dB, SSIM 0.9120`. */
const scores = ({ psnr, ssim }: ValidationScores): string => `${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)}`;

/** `validation 31.20 dB (input 25.02)`, beside the loss. */
export const validationDetail = ({ psnr, input }: Extract<RunEvent, { kind: 'validated' }>): string =>
  `validation ${psnr.toFixed(2)} dB (input ${input.psnr.toFixed(2)})`;

/** A validation as a line of its own. */
export function validationLine(event: Extract<RunEvent, { kind: 'validated' }>): string {
  const { step, input, bestStep } = event;
  const best = bestStep === step ? 'the best so far' : `best after step ${bestStep}`;
  return `step ${step}: validation ${scores(event)} (input ${scores(input)}), ${best}`;
}

/** The best model, after the last step. */
export const bestLine = (best: BestModel): string =>
  `best after step ${best.step}, ${scores(best)} (input ${scores(best.input)}): ${best.model}\n`;
