/** Measures one preset in its own process, for its own peak memory; bench/presets.ts starts it. */
import { newConfiguration } from '../src/cli/train-configuration.ts';
import { costOf } from './preset-cost.ts';

const [preset, steps] = process.argv.slice(2);
const { config } = await newConfiguration(preset, {});
process.stdout.write(JSON.stringify(await costOf(preset, config, Number(steps))));
