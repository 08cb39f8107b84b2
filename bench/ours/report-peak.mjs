/**
 * Loaded into a command before its own code; when the command ends, it writes its peak memory to file descriptor 3.
 * Plain JavaScript with almost no imports, since its own start is part of the measurement.
 */
import { readFileSync, writeSync } from 'node:fs';

process.on('exit', () => {
  let kilobytes = process.resourceUsage().maxRSS;
  try {
    // See bench/memory.ts for why.
    kilobytes = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? kilobytes);
  } catch {
    // Not Linux.
  }
  writeSync(3, String(kilobytes / 1024));
});
