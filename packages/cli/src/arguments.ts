/** What the command line says. Knows nothing of variables, configuration and defaults. */
import { parseArgs } from "node:util";
import { UsageError } from "./exit.ts";

/** Undefined = not given. */
export interface Arguments {
  readonly command: (typeof commands)[number] | "help" | "version";
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly json: boolean;
  /** The words after the program's name, without the command. Those of `verify` are read by `verify` alone. */
  readonly options: readonly string[];
}

const commands = ["start", "dev", "doctor", "verify"] as const;

const nothing = { port: undefined, host: undefined, data: undefined, config: undefined, json: false };

/** Throws `UsageError`. */
export function readArguments(words: readonly string[]): Arguments {
  // Its options are its own, and some of the same name mean something else.
  if (words[0] === "verify") return { ...nothing, command: "verify", options: words.slice(1) };
  const { values, positionals, tokens } = parse(words);
  const [name, extra] = positionals;
  const command = commands.find((candidate) => candidate === name);
  const asksAbout = values.help ? "help" : values.version ? "version" : undefined;
  if (name !== undefined && command === undefined) {
    throw new UsageError(`unable to run "${name}"; the commands are ${commands.join(", ")}`);
  }
  if (extra !== undefined) throw new UsageError(`unable to run ${name}; "${extra}" is one word too many`);
  if (command === undefined && asksAbout === undefined && words.length > 0) {
    throw new UsageError(`unable to run; no command is given, only ${words.join(" ")}`);
  }
  if (command === "verify") throw new UsageError("unable to run verify; its options come after it");
  const commandAt = tokens.find(({ kind }) => kind === "positional")?.index;
  return {
    command: asksAbout ?? command ?? "help",
    port: values.port === undefined ? undefined : readPort(values.port, "--port"),
    host: values.host,
    data: values.data,
    config: values.config,
    json: values.json ?? false,
    options: words.filter((_word, index) => index !== commandAt),
  };
}

/** Throws `UsageError`, naming the source, when the text is no port. */
export function readPort(text: string, source: string): number {
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port <= portMax) return port;
  throw new UsageError(`unable to use ${source} "${text}"; a port is a whole number from 0 to ${portMax}`);
}

const portMax = 65_535;

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      tokens: true,
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
    // Node's text goes on with advice about words that begin with a dash, which no command of ours takes.
    const [reason] = String((error as Error).message).split(/\. To specify|\n/);
    throw new UsageError(`unable to read the command line; ${reason}`, { cause: error });
  }
}
