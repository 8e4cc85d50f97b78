import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

export const commandNames = ["discover", "init", "check", "gate", "baseline", "plan", "who", "mcp"] as const;
export type CommandName = (typeof commandNames)[number];

export type Values = ReturnType<typeof parse>["values"];

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
