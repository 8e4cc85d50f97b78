#!/usr/bin/env node
import { readArguments } from "./arguments.ts";
import { dev } from "./dev.ts";
/** The program `throughline`. Exit codes: 0 done, 1 failed, 2 called the wrong way. */
import { doctor } from "./doctor.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { help, version } from "./help.ts";
import { start } from "./start.ts";

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  switch (given.command) {
    case "help":
      console.log(help());
      return exitCodes.done;
    case "version":
      console.log(version());
      return exitCodes.done;
    case "start":
      return start(given);
    case "dev":
      return dev(process.argv.slice(3));
    case "doctor":
      return doctor(given);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${help()}`);
  process.exitCode = exitCodes.usage;
}
