/**
 * The `rddm` command. program.ts has the commands, run.ts handles how they end.
 */
import { buildProgram } from './program.ts';
import { run } from './run.ts';

await run(buildProgram(), process.argv);
