/**
 * The child that restores a photograph as a user would: each run is a separate command, from start to end, compiled and
 * with only the disk cache warm.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serve, timed } from '../serve.ts';

const command = fileURLToPath(new URL('../../bin/rddm.js', import.meta.url));
/** Makes the command report its peak memory on its own channel when it ends. */
const reporter = new URL('./report-peak.mjs', import.meta.url).href;

/** Runs a command and returns the megabytes that it reports. */
function peakOf(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let [words, peak] = ['', ''];
    child.stderr?.on('data', (text) => {
      words += text;
    });
    child.stdio[3]?.on('data', (text) => {
      peak += text;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(Number(peak)) : reject(new Error(`code ${code}: ${words}`))));
  });
}

await serve(async (task) => {
  if (task.kind !== 'restore') throw new Error(`expected a photograph, got ${task.kind}`);
  const { photograph, out, steps } = task;
  const args = ['--import', reporter, command, 'restore', photograph, '--out', out, '--steps', `${steps}`, '--force'];
  let peak = 0;
  return {
    run: () =>
      timed(async () => {
        peak = Math.max(peak, await peakOf(args));
      }),
    peakRssMb: () => peak,
  };
});
