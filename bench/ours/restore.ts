/**
 * The child that restores a photograph as a person does: each run is a command of its own, from its start to its end,
 * compiled and with nothing warm but the disk.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serve, timed } from '../serve.ts';

const command = fileURLToPath(new URL('../../bin/rddm.js', import.meta.url));
/** Makes the command say its peak memory on a channel of its own when it ends. */
const reporter = new URL('./report-peak.mjs', import.meta.url).href;

/** Runs a command and gives the megabytes that it says it needed. */
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
  if (task.kind !== 'restore') throw new Error(`no photograph: ${task.kind}`);
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
