/** A network's programs for pictures of any size; a runtime holds those of one size at a time. */
import type { Program } from '../graph/program.ts';
import type { Shape } from '../math/shape.ts';
import type { Executable, Runtime } from '../runtime/runtime.ts';

export interface LatestExecutable {
  /** The programs for inputs of this shape; those of the previous shape are released. */
  of(shape: Shape): Promise<Executable>;
  release(): Promise<void>;
}

/**
 * Keeps only the programs of the latest shape: most folders have one, and programs hold their own copy of the weights.
 *
 * @param build makes the programs for inputs of a shape
 */
export function latestExecutable(
  runtime: Runtime,
  build: (shape: Shape) => Readonly<Record<string, Program>>,
): LatestExecutable {
  let loaded: { readonly key: string; readonly executable: Executable } | undefined;
  const release = async (): Promise<void> => {
    const old = loaded;
    loaded = undefined;
    await old?.executable.release();
  };
  return {
    async of(shape) {
      const key = String(shape);
      if (loaded?.key !== key) {
        await release();
        loaded = { key, executable: await runtime.load(build(shape)) };
      }
      return loaded.executable;
    },
    release,
  };
}
