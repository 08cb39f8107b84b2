/**
 * The time inputs of a golden file's networks, from its setting `network times`: the index t, or a cumulative
 * coefficient ("alpha_bar[t]*1000 for the residual network, beta_bar[t]*1000 for the noise network"), each with the
 * factor beside it. Without the setting it is the index.
 */
import type { Schedule } from '../../src/diffusion/schedule.ts';
import { expected } from '../../src/math/errors.ts';

/** A time input: a quantity of the schedule times a factor. */
export interface NetworkTime {
  readonly base: 'index' | 'alphaBar' | 'betaBar';
  readonly factor: number;
}

/** The time of each network that the words mention. */
export interface NetworkTimes {
  readonly residual?: NetworkTime | undefined;
  readonly noise?: NetworkTime | undefined;
}

const bases: readonly (readonly [NetworkTime['base'], RegExp])[] = [
  ['alphaBar', /(?:alpha_?bar|alphas?_cumsum|ᾱ)(?:\[[^\]]*\]|_t)?/i],
  ['betaBar', /(?:beta_?bar|betas?_cumsum|β̄)(?:\[[^\]]*\]|_t)?/i],
  ['index', /\b(?:[Ii]ndex|indices|[Tt]ime ?steps?|[Ii]nteger)(?: t)?\b|\bt\b/],
];

/** The first quantity in a clause, and the factor before or after it; T stands for the number of timesteps. */
function readClause(clause: string, timesteps: number): NetworkTime | undefined {
  const value = (text: string): number => (/^\d/.test(text) ? Number(text) : timesteps);
  for (const [base, pattern] of bases) {
    const found = pattern.exec(clause);
    if (!found) continue;
    const behind = /^\s*([*×·/])\s*(T\b|timesteps\b|\d+(?:\.\d+)?)/.exec(clause.slice(found.index + found[0].length));
    const before = /(\bT|timesteps|\d+(?:\.\d+)?)\s*[*×·]\s*$/.exec(clause.slice(0, found.index));
    if (behind) return { base, factor: behind[1] === '/' ? 1 / value(behind[2]) : value(behind[2]) };
    return { base, factor: before ? value(before[1]) : 1 };
  }
  return undefined;
}

/** @throws RddmError if the words name no time */
export function readTimes(words: string | undefined, timesteps: number, where: string): NetworkTimes {
  const index: NetworkTime = { base: 'index', factor: 1 };
  if (words === undefined) return { residual: index, noise: index };
  const plain = words.replaceAll(/\b(?:not|no|never)\s+(?:the\s+)?cumulative\b/gi, '');
  const isCumulative = /cumulative/i.test(plain);
  let times: NetworkTimes = {};
  for (const clause of plain.split(/[,;]|\band\b/)) {
    const time = readClause(clause, timesteps);
    if (!time) continue;
    const [residual, noise] = [/residual/i.test(clause), /noise/i.test(clause)];
    if (residual || !noise) times = { residual: time, ...times };
    if (noise || !residual) times = { noise: time, ...times };
  }
  const given = [times.residual, times.noise].filter((time) => time !== undefined);
  if (isCumulative && given.length === 0) {
    return { residual: { base: 'alphaBar', factor: timesteps }, noise: { base: 'betaBar', factor: timesteps } };
  }
  if (given.length === 0 || (isCumulative && given.some(({ base }) => base === 'index'))) {
    throw expected(where, 'network times of the index t, or of alpha_bar[t] or beta_bar[t] times a factor', words);
  }
  return times;
}

/** The time input at index `time`. */
export const networkTimeAt = ({ base, factor }: NetworkTime, schedule: Schedule, time: number): number =>
  factor * (base === 'index' ? time : schedule[base][time]);
