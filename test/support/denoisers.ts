/** Networks that need no weights, and their configurations, for testing the code around networks. */
import { type ModelConfigInput, modelConfig } from '../../src/model/config.ts';
import type { DenoiserAnswer, DenoiserRequest } from '../../src/sample/denoiser.ts';

/** The images of these tests. */
export const shape = [2, 3, 2, 2];

/** A converted DDIM network. */
export const ddimGenerator = {
  task: 'generation',
  condition: 'none',
  objective: 'noise',
  schedule: { kind: 'ddim-linear' },
} as const;

/** Two networks, each with its own coefficient as time. */
export const cumulativeNetworks = {
  task: 'inpainting',
  objective: 'residual-noise',
  networks: 'two',
  time: 'cumulative',
  condition: 'none',
} as const;

/** Always predicts the same, and remembers its calls. */
export function constantDenoiser(fields: ModelConfigInput, answer: DenoiserAnswer) {
  const asked: DenoiserRequest[] = [];
  const predict = async (request: DenoiserRequest) => {
    asked.push(request);
    return answer;
  };
  return { config: modelConfig(fields), predict, asked };
}
