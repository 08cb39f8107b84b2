/** The child that opens sessions: each run is a new process, since touching fresh memory is part of the time. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serve } from '../serve.ts';

const script = fileURLToPath(new URL('./open-session.ts', import.meta.url));

await serve(async (task) => {
  if (task.kind !== 'session') throw new Error(`expected a session, got ${task.kind}`);
  const args = ['--import', import.meta.resolve('tsx'), script, JSON.stringify(task)];
  let peak = 0;
  return {
    async run() {
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { seconds, peakMb } = JSON.parse(stdout) as { seconds: number; peakMb: number };
      peak = Math.max(peak, peakMb);
      return seconds;
    },
    peakRssMb: () => peak,
  };
});
