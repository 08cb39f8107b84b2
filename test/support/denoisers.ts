/** Networks that need no weights, and their configurations, for tests of what surrounds networks. */
import { type ModelConfigInput, modelConfig } from '../../src/model/config.ts';
import type { DenoiserAnswer, DenoiserRequest } from '../../src/sample/denoiser.ts';

/** The images of these tests. */
export const shape = [2, 3, 2, 2];

/** A DDIM network, converted. */
export const ddimGenerator = {
  task: 'generation',
  condition: 'none',
  objective: 'noise',
  schedule: { kind: 'ddim-linear' },
} as const;

/** Two networks that are told their own coefficients. */
export const cumulativeNetworks = {
  task: 'inpainting',
  objective: 'residual-noise',
  networks: 'two',
  time: 'cumulative',
  condition: 'none',
} as const;

/** Answers the same whatever it is asked, and remembers the questions. */
export function constantDenoiser(fields: ModelConfigInput, answer: DenoiserAnswer) {
  const asked: DenoiserRequest[] = [];
  const predict = async (request: DenoiserRequest) => {
    asked.push(request);
    return answer;
  };
  return { config: modelConfig(fields), predict, asked };
}
