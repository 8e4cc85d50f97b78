import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

export const commandNames = ["discover", "init", "check", "gate", "baseline", "plan", "who", "mcp"] as const;
export type CommandName = (typeof commandNames)[number];

export type Values = ReturnType<typeof parse>["values"];

const everywhere = ["root", "cache", "help"];
const reports = ["config", "json", "markdown", "html", "sarif"];
/** What else each of them takes. */
const optionsOf: Readonly<Record<CommandName, readonly string[]>> = {
  discover: reports,
  init: ["config", "accept"],
  check: reports,
  gate: [...reports, "baseline", "base", "accept-scope"],
  baseline: ["config", "baseline", "accept-scope", "reason", "owner", "until"],
  plan: ["config"],
  who: ["config", "json"],
  mcp: ["config"],
};

/** Throws a `UsageError` for an option that a command does nothing with. */
export function refuseOthers(command: CommandName, values: Values): void {
  const taken = [...everywhere, ...optionsOf[command]];
  const other = Object.keys(values).find((name) => !taken.includes(name));
  if (other === undefined) return;
  throw new UsageError(
    `unable to use --${other} with ${command}; it takes ${taken.map((name) => `--${name}`).join(", ")}`,
  );
}

/** The options and the words of a command line. Throws a `UsageError`. */
export function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        root: { type: "string" },
        config: { type: "string" },
        baseline: { type: "string" },
        base: { type: "string" },
        "accept-scope": { type: "boolean" },
        accept: { type: "string" },
        reason: { type: "string" },
        owner: { type: "string" },
        until: { type: "string" },
        json: { type: "boolean" },
        markdown: { type: "string" },
        html: { type: "string" },
        sarif: { type: "string" },
        cache: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`unable to read the command line; ${(error as Error).message.split("\n")[0]}`);
  }
}
