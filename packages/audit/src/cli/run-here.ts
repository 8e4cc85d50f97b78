/** Runs the command line in the thread that loads it. */
import { run } from "./program.ts";

process.exitCode = await run(process.argv.slice(2), console.log, new Date().toISOString().slice(0, 10), console.error);
