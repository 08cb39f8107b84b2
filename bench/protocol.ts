/**
 * The protocol between the harness and a child. A child is any program that reads orders from standard input and
 * answers each on standard output, one JSON object per line; everything else goes to standard error.
 *
 *   order                                              answer
 *   {"do":"load","task":TASK,"threads":2}              {}                  everything is ready to run
 *   {"do":"check","file":"/tmp/…/name.safetensors"}    {}                  the file holds what was computed, see below
 *   {"do":"run"}                                       {"seconds":1.64}    one run, timed by the child itself
 *   {"do":"memory"}                                    {"peak_rss_mb":812} the largest resident set of its life so far
 *   {"do":"end"}                                       none: the child exits
 *
 * Any order may be answered {"error":"a sentence"}. A child also ends when its standard input does. TASK is a `Task` of
 * task.ts; a child gets only tasks that its peer can run. Between two orders a child computes nothing: the others have
 * the machine then.
 *
 * `check` comes once, after `load`, and counts as warm-up. For `inference` the file holds the output `residual`
 * [N, C, H, W], for browser tasks every output of the graph. For `training` it holds `loss` and `gradientNorm` (before
 * clipping), each [2], of the first two steps: the second shows whether the first updated the weights correctly.
 *
 * The peak is over all processes that do the work, added up if they live at the same time. It is VmHWM of
 * /proc/self/status if that exists: ru_maxrss of getrusage begins, on Linux, with the resident set of the process that
 * started the child.
 */
import type { Task } from './task.ts';

export type Order =
  | { readonly do: 'load'; readonly task: Task; readonly threads: number }
  | { readonly do: 'check'; readonly file: string }
  | { readonly do: 'run' }
  | { readonly do: 'memory' }
  | { readonly do: 'end' };

export interface Answer {
  readonly error?: string;
  readonly seconds?: number;
  readonly peak_rss_mb?: number;
}

/** Reads a child's line; an invalid answer becomes an error with its text. */
export function parseAnswer(line: string): Answer {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Answer;
  } catch {
    // Reported below.
  }
  return { error: `it wrote an invalid answer: ${line.slice(0, 200)}` };
}
