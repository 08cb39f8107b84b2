/**
 * Loaded into a command before its own code: when the command ends, it writes its peak memory to file descriptor 3.
 * Plain JavaScript that imports almost nothing, since its own start is part of what is measured.
 */
import { readFileSync, writeSync } from 'node:fs';

process.on('exit', () => {
  let kilobytes = process.resourceUsage().maxRSS;
  try {
    // See bench/memory.ts for why.
    kilobytes = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? kilobytes);
  } catch {
    // No Linux.
  }
  writeSync(3, String(kilobytes / 1024));
});
