import { parseArgs } from "node:util";
import { UsageError } from "./exit.ts";

/** What the command line says; undefined = nothing. */
export interface Arguments {
  readonly command: "start" | "dev" | "doctor" | "help" | "version";
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly json: boolean;
}

const commands = ["start", "dev", "doctor"] as const;

/** Throws `UsageError`. */
export function readArguments(given: readonly string[]): Arguments {
  const { values, positionals } = parse(given);
  const [name, ...rest] = positionals;
  const known = commands.find((candidate) => candidate === name);
  if (name !== undefined && known === undefined) throw new UsageError(`unable to run "${name}"; no such command`);
  if (rest.length > 0) throw new UsageError(`unable to run ${name}; "${rest[0]}" is one word too many`);
  const command = values.help ? "help" : values.version ? "version" : (known ?? "help");
  return {
    command,
    port: values.port === undefined ? undefined : readPort(values.port, "--port"),
    host: values.host,
    data: values.data,
    config: values.config,
    json: values.json ?? false,
  };
}

/** Throws `UsageError` when the text is no port. */
export function readPort(text: string, source: string): number {
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`unable to use ${source} ${text}; a port is a whole number from 0 to 65535`);
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        data: { type: "string" },
        config: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
