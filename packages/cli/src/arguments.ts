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
  /** For `doctor`: the file that declares the bridges of a program. */
  readonly bridges: string | undefined;
  /** For `doctor --bridges`: a running server that is asked who uses them. */
  readonly url: string | undefined;
  readonly json: boolean;
  /** The words after the program's name, without the command. Those of `verify`, `switch` and `audit` are read by them alone. */
  readonly options: readonly string[];
}

const commands = ["start", "dev", "doctor", "verify", "switch", "audit"] as const;
/** Their options are their own, and some of the same name mean something else. */
const withOwnOptions = ["verify", "switch", "audit"] as const;

const nothing = {
  port: undefined,
  host: undefined,
  data: undefined,
  config: undefined,
  bridges: undefined,
  url: undefined,
  json: false,
};

/** Throws `UsageError`. */
export function readArguments(words: readonly string[]): Arguments {
  const own = withOwnOptions.find((candidate) => candidate === words[0]);
  if (own !== undefined) return { ...nothing, command: own, options: words.slice(1) };
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
  if (withOwnOptions.some((candidate) => candidate === command)) {
    throw new UsageError(`unable to run ${command}; its options come after it`);
  }
  for (const option of ["bridges", "url"] as const) {
    if (values[option] === undefined || command === "doctor") continue;
    throw new UsageError(`unable to run ${command ?? ""}; --${option} is for doctor`);
  }
  if (values.url !== undefined && values.bridges === undefined) {
    throw new UsageError("unable to run doctor; --url is for doctor --bridges");
  }
  const commandAt = tokens.find(({ kind }) => kind === "positional")?.index;
  return {
    command: asksAbout ?? command ?? "help",
    port: values.port === undefined ? undefined : readPort(values.port, "--port"),
    host: values.host,
    data: values.data,
    config: values.config,
    bridges: values.bridges,
    url: values.url,
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
        bridges: { type: "string" },
        url: { type: "string" },
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
