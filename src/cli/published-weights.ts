/** Fetches published weights with progress on stderr, for the commands that need them. */
import type { WeightsOptions } from '../adapters/node/files/published-weights.ts';
import { abortSignal } from './context.ts';
import { createProgress } from './output.ts';

const MEGABYTE = 1e6;

/** Opens weights, with progress during a download; silent if they come from the cache or a file. */
export async function openWithProgress<T>(
  open: (options: WeightsOptions) => Promise<T>,
  file: string | undefined,
): Promise<T> {
  let progress: ReturnType<typeof createProgress> | undefined;
  const onProgress = (received: number, total = received): void => {
    progress ??= createProgress('fetching weights', Math.ceil(total / MEGABYTE), { unit: 'MB' });
    progress.update(Math.floor(received / MEGABYTE));
  };
  try {
    return await open({ file, signal: abortSignal(), onProgress });
  } finally {
    progress?.end();
  }
}
