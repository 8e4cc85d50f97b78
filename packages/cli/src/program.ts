/** Finds the command that was asked for and runs it. Each is loaded when it is called: help does not wait for a server. */
import { readArguments } from "./arguments.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { help, version } from "./help.ts";

/** Resolves with the exit code. Rejects only for what is a defect of the program itself. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    const given = readArguments(words);
    switch (given.command) {
      case "help":
        console.log(help());
        return exitCodes.done;
      case "version":
        console.log(version());
        return exitCodes.done;
      case "start":
        return await (await import("./start.ts")).start(given);
      case "dev":
        return await (await import("./dev.ts")).dev(given);
      case "doctor":
        return await (await import("./doctor.ts")).doctor(given);
      case "audit":
        return await (await import("@throughline/audit")).run(
          given.options,
          console.log,
          new Date().toISOString().slice(0, 10),
        );
      case "switch":
        return (await import("./switch-users.ts")).switchUsers(given.options);
      case "verify":
        return await (await import("./verify/verify.ts")).verify(given);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nthroughline --help lists commands, options and variables.`);
    return exitCodes.usage;
  }
}
