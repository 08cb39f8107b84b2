/**
 * The peak resident set of a process. `process.resourceUsage().maxRSS` alone would be wrong: on Linux a child inherits
 * its parent's resident set at the time it was started. The kernel's high-water mark of the process's own memory
 * (VmHWM) begins at zero.
 */
import { readFileSync } from 'node:fs';

const KILOBYTE = 1024;
const MEGABYTE = 1024 * 1024;

function highWaterMark(id: number | 'self'): number | undefined {
  try {
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    return found ? Number(found[1]) * KILOBYTE : undefined;
  } catch {
    return undefined; // Not Linux.
  }
}

/** The peak of this process, in megabytes of 2²⁰ bytes. */
export const peakRssMb = (): number => (highWaterMark('self') ?? process.resourceUsage().maxRSS * KILOBYTE) / MEGABYTE;

/** The peak of another process on this machine; NaN if the system does not report it. */
export const peakRssMbOf = (process: number): number => (highWaterMark(process) ?? Number.NaN) / MEGABYTE;
