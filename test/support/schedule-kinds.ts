/** The schedules that take any noise strength, for properties over all of them. */
import { scheduleKinds } from '../../src/diffusion/schedule.ts';

export const noisyKinds = scheduleKinds.filter((kind) => kind !== 'rectified-flow');
