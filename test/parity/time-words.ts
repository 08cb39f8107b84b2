/**
 * Which time a golden file's networks were told, from its setting `network times`: the index t, or a cumulative
 * coefficient ("alpha_bar[t]*1000 for the residual network, beta_bar[t]*1000 for the noise network"), each
 * with the factor that stands beside it. Without the setting it is the index.
 */
import type { Schedule } from '../../src/diffusion/schedule.ts';
import { expected } from '../../src/math/errors.ts';

/** A told time: a quantity of the schedule times a factor. */
export interface ToldTime {
  readonly base: 'index' | 'alphaBar' | 'betaBar';
  readonly factor: number;
}

/** The time of each network; one that the words leave out is not there. */
export interface ToldTimes {
  readonly residual?: ToldTime | undefined;
  readonly noise?: ToldTime | undefined;
}

const bases: readonly (readonly [ToldTime['base'], RegExp])[] = [
  ['alphaBar', /(?:alpha_?bar|alphas?_cumsum|ᾱ)(?:\[[^\]]*\]|_t)?/i],
  ['betaBar', /(?:beta_?bar|betas?_cumsum|β̄)(?:\[[^\]]*\]|_t)?/i],
  ['index', /\b(?:[Ii]ndex|indices|[Tt]ime ?steps?|[Ii]nteger)(?: t)?\b|\bt\b/],
];

/** The first quantity that a clause names, and the factor before or behind it; T stands for the number of timesteps. */
function readClause(clause: string, timesteps: number): ToldTime | undefined {
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

/** @throws RddmError when the words name no time */
export function readTimes(words: string | undefined, timesteps: number, where: string): ToldTimes {
  const index: ToldTime = { base: 'index', factor: 1 };
  if (words === undefined) return { residual: index, noise: index };
  const plain = words.replaceAll(/\b(?:not|no|never)\s+(?:the\s+)?cumulative\b/gi, '');
  const isCumulative = /cumulative/i.test(plain);
  let times: ToldTimes = {};
  for (const clause of plain.split(/[,;]|\band\b/)) {
    const told = readClause(clause, timesteps);
    if (!told) continue;
    const [residual, noise] = [/residual/i.test(clause), /noise/i.test(clause)];
    if (residual || !noise) times = { residual: told, ...times };
    if (noise || !residual) times = { noise: told, ...times };
  }
  const given = [times.residual, times.noise].filter((told) => told !== undefined);
  if (isCumulative && given.length === 0) {
    return { residual: { base: 'alphaBar', factor: timesteps }, noise: { base: 'betaBar', factor: timesteps } };
  }
  if (given.length === 0 || (isCumulative && given.some(({ base }) => base === 'index'))) {
    throw expected(where, 'network times of the index t, or of alpha_bar[t] or beta_bar[t] times a factor', words);
  }
  return times;
}

/** The time told at index `time`. */
export const toldAt = ({ base, factor }: ToldTime, schedule: Schedule, time: number): number =>
  factor * (base === 'index' ? time : schedule[base][time]);
