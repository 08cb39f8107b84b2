/**
 * How the harness and a child talk. A child is any program that reads orders from its standard input and answers each on
 * its standard output, one JSON object a line; nothing else may stand there, messages go to standard error.
 *
 *   order                                              answer
 *   {"do":"load","task":TASK,"threads":2}              {}                  everything is ready to run
 *   {"do":"check","file":"/tmp/…/name.safetensors"}    {}                  the file holds what was computed, see below
 *   {"do":"run"}                                       {"seconds":1.64}    one run, timed by the child itself
 *   {"do":"memory"}                                    {"peak_rss_mb":812} the largest resident set of its life so far
 *   {"do":"end"}                                       none: the child exits
 *
 * Any order may be answered {"error":"a sentence"}. A child also ends when its standard input does. TASK is a `Task` of
 * task.ts; a child is given only those that its peer says it runs. Between two orders a child computes nothing: the
 * others have the machine then.
 *
 * `check` comes once, after `load`, and counts as warm-up. For `inference` the file holds the output `residual`
 * [N, C, H, W], for the tasks of browsers every output of the graph. For `training` it holds `loss` and `gradientNorm` (before clipping), each [2]: those of the first two
 * steps, so that the second tells whether the first one updated the weights as it should.
 *
 * The peak is of all processes that do the work, together where they live at the same time. It is VmHWM of
 * /proc/self/status where there is one: what getrusage calls ru_maxrss begins, on Linux, with the resident set of the
 * process that started the child.
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

/** Reads a line of a child; what is no answer is told as an error, with the words that came. */
export function parseAnswer(line: string): Answer {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Answer;
  } catch {
    // Said below.
  }
  return { error: `it wrote what is no answer: ${line.slice(0, 200)}` };
}
