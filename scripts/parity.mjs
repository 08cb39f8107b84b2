/** `npm run parity`: starts test/parity/main.ts, which documents its options, with a software GPU if there is one. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withSoftwareGpu } from './software-gpu.mjs';

const main = fileURLToPath(new URL('../test/parity/main.ts', import.meta.url));
const { status } = spawnSync(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: withSoftwareGpu(process.env),
});
process.exit(status ?? 1);
