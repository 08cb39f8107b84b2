/** Where each operator of a graph runs, read from ONNX Runtime's profile, the only place that says so. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { Placement } from '../../../runtime/runtime.ts';

/** An entry of a profile; entries of nodes end in `_kernel_time` and name the provider. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/**
 * Opens a session that writes its profile, runs it once, and reads the provider of every node.
 *
 * @param open opens the session with these additional options
 * @param inputs of the run; their values do not matter
 */
export async function profiledPlacement(
  open: (options: InferenceSession.SessionOptions) => Promise<InferenceSession>,
  inputs: InferenceSession.FeedsType,
): Promise<Placement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rddm-profile-'));
  try {
    const session = await open({ enableProfiling: true, profileFilePrefix: join(folder, 'profile') });
    try {
      await session.run(inputs);
      session.endProfiling();
    } finally {
      await session.release();
    }
    const events: ProfileEvent[] = readdirSync(folder).flatMap((file) =>
      JSON.parse(readFileSync(join(folder, file), 'utf8')),
    );
    return events
      .filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time'))
      .map(({ name, args }) => ({
        node: name.replace(/_kernel_time$/, ''),
        opType: args?.op_name ?? '',
        provider: args?.provider ?? '',
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
