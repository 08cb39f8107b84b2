/**
 * The `rddm` command. Nothing is decided here: program.ts says what there is, run.ts how it ends.
 */
import { buildProgram } from './program.ts';
import { run } from './run.ts';

await run(buildProgram(), process.argv);
