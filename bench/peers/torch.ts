/**
 * PyTorch on the CPU: the same network in torch_unet.py. Debian's packages python3-torch and libopenblas0-pthread are
 * enough; RDDM_PYTHON names another Python that has torch and numpy.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Peer } from '../peer.ts';
import { isNetworkTask } from '../task.ts';

const script = fileURLToPath(new URL('./torch_unet.py', import.meta.url));

/** Where to look; the system's Python comes first, since it has Debian's torch. */
const pythons = (): string[] =>
  process.env.RDDM_PYTHON ? [process.env.RDDM_PYTHON] : ['/usr/bin/python3', 'python3', 'python'];

/** OpenBLAS detects the processor itself; a setting meant for another program would slow torch down. */
function environment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...rest } = process.env;
  return rest;
}

export const torch: Peer = {
  name: 'PyTorch',
  runs: (task) => isNetworkTask(task) && !task.model.quantization,
  async find() {
    const env = environment();
    for (const command of pythons()) {
      try {
        await promisify(execFile)(command, ['-c', 'import numpy, torch'], { env });
        return { command, args: [script], env };
      } catch {
        // The next Python may have it.
      }
    }
    const remedy = 'install python3-torch and libopenblas0-pthread, or set RDDM_PYTHON to a Python that has torch';
    return `no Python with torch and numpy was found; ${remedy}`;
  },
};
