/** Which sizes of a U-Net contradict each other; called by config-impossible.ts. */
import type { PaperUnet, UnetConfig } from './config-unet.ts';
import type { Unet2dConfig } from './config-unet2d.ts';

type Refuse = (message: string, path: string[]) => void;

function refusePaperUnet({ dim, multipliers, groups }: PaperUnet, refuse: Refuse): void {
  const wrong = multipliers.find((multiplier) => (dim * multiplier) % groups !== 0);
  if (wrong !== undefined) {
    refuse(`expected dim times each multiplier to be divisible by groups ${groups}, got ${dim} x ${wrong}`, ['unet']);
  }
  if (dim % groups !== 0) refuse(`expected dim divisible by groups ${groups}, got ${dim}`, ['unet', 'dim']);
  if (dim % 2 !== 0) refuse(`expected an even dim (half sines, half cosines of time), got ${dim}`, ['unet', 'dim']);
  if (dim < 4)
    refuse(`expected dim of at least 4 (the time embedding divides by dim/2 - 1), got ${dim}`, ['unet', 'dim']);
}

function refuseUnet2d(config: Unet2dConfig, refuse: Refuse): void {
  const { widths, down, up, headChannels, groups, frequencyShift } = config;
  for (const [name, levels] of [
    ['down', down],
    ['up', up],
  ] as const) {
    if (levels.length !== widths.length) {
      refuse(`expected ${widths.length} levels, one a width, got ${levels.length}`, ['unet', name]);
    }
  }
  const undivided = widths.find((width) => width % groups !== 0);
  if (undivided !== undefined) {
    refuse(`expected widths divisible by groups ${groups}, got ${undivided}`, ['unet', 'widths']);
  }
  const last = widths.length - 1;
  // The middle has attention always.
  const attends = widths.filter((_, i) => down[i] === 'attention' || up[last - i] === 'attention' || i === last);
  const headless = attends.find((width) => headChannels !== undefined && width % headChannels !== 0);
  if (headless !== undefined) {
    refuse(`expected headChannels that divide ${headless}, got ${headChannels}`, ['unet', 'headChannels']);
  }
  if (widths[0] % 2 !== 0) {
    refuse(`expected an even first width (half sines, half cosines of time), got ${widths[0]}`, ['unet', 'widths']);
  }
  if (widths[0] / 2 <= frequencyShift) {
    const what = `expected a frequencyShift below ${widths[0] / 2}, half the first width`;
    refuse(`${what}, got ${frequencyShift}`, ['unet', 'frequencyShift']);
  }
}

/** Adds one issue for each contradiction within a U-Net. */
export const refuseImpossibleUnet = (config: UnetConfig, refuse: Refuse): void =>
  config.kind === 'diffusers' ? refuseUnet2d(config, refuse) : refusePaperUnet(config, refuse);
