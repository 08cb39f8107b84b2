/** The schedules that take any noise strength, for property tests over all of them. */
import { scheduleKinds } from '../../src/diffusion/schedule.ts';

export const noisyKinds = scheduleKinds.filter((kind) => kind !== 'rectified-flow');
