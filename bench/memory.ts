/**
 * The largest resident set that a process has had. `process.resourceUsage().maxRSS` alone would lie: on Linux a child
 * inherits there the resident set of its parent at the moment it was started. The kernel's high-water mark of the
 * process's own memory (VmHWM) begins at zero.
 */
import { readFileSync } from 'node:fs';

const KILOBYTE = 1024;
const MEGABYTE = 1024 * 1024;

function highWaterMark(id: number | 'self'): number | undefined {
  try {
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    return found ? Number(found[1]) * KILOBYTE : undefined;
  } catch {
    return undefined; // No Linux.
  }
}

/** Of this process, in megabytes of 2²⁰ bytes. */
export const peakRssMb = (): number => (highWaterMark('self') ?? process.resourceUsage().maxRSS * KILOBYTE) / MEGABYTE;

/** Of another process of this machine; not a number where the system does not tell. */
export const peakRssMbOf = (process: number): number => (highWaterMark(process) ?? Number.NaN) / MEGABYTE;
