/** Opens the session of the `SessionTask` in its argument once, and prints the time without building the program. */
import { createOrtRuntime } from '../../src/adapters/node/ort/runtime.ts';
import { peakRssMb } from '../memory.ts';
import { networkProgram } from '../network.ts';
import { timed } from '../serve.ts';
import type { SessionTask } from '../task.ts';

const { network, cache } = JSON.parse(process.argv[2]) as SessionTask;
const { program, states } = await networkProgram(network);
const runtime = createOrtRuntime({ cache });
const seconds = await timed(() => runtime.load({ program }, states));
console.log(JSON.stringify({ seconds, peakMb: peakRssMb() }));
await runtime.close();
