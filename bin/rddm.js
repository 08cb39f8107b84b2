#!/usr/bin/env node
/**
 * The installed command. It is a file of the repository, not of the build, because npx remembers a clone in
 * which the command did not exist yet: whoever tried `npx rddm` before building would never get it to run.
 */
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('rddm: expected the compiled package in dist, got a clone without it; run npm run build');
  process.exitCode = 1;
}
