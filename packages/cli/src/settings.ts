/** From what is given to what a server is started with: flags over variables over the configuration over defaults. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineBridges, wireBridge } from "@throughline/bridges";
import { type ContentType, contentTypes } from "@throughline/protocol";
import { type ServerOptions, StartError } from "@throughline/server";
import { type Arguments, readPort } from "./arguments.ts";
import { loadConfig } from "./config.ts";
import { UsageError } from "./exit.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything a start needs but the secret. */
export type Settings = Omit<ServerOptions, "secret" | "logger"> & {
  readonly port: number;
  readonly hostname: string;
  readonly webRoot: string;
  readonly env: Environment;
};

/** Rejects with a `UsageError` for a variable, and with a `StartError` for a configuration, that makes no sense. */
export async function readSettings(given: Arguments, variables: Environment): Promise<Settings> {
  const config = await loadConfig(given.config);
  // Container tools set variables that were left out to the empty text.
  const env = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const variablePort = env.PORT === undefined ? undefined : readPort(env.PORT, "PORT");
  const signUp = readSignUp(env.THROUGHLINE_SIGN_UP) ?? config.signUp;
  const retentionMs = readRetention(env.THROUGHLINE_RETENTION_DAYS) ?? config.retentionMs;
  const durability = readDurability(env.THROUGHLINE_DURABILITY) ?? config.durability;
  const quality = readQuality(env, config.quality);
  const wires = readWires(env.THROUGHLINE_WIRE_BRIDGE) ?? config.wires;
  const operators = env.THROUGHLINE_OPERATORS?.split(",").map((id) => id.trim()) ?? config.operators;
  const publicUrl = readPublicUrl(env, config.publicUrl);
  return {
    ...config,
    port: given.port ?? variablePort ?? config.port ?? 3_000,
    hostname: given.host ?? env.HOST ?? config.hostname ?? "127.0.0.1",
    dataDirectory: resolve(given.data ?? env.DATA_DIR ?? config.dataDirectory ?? "data"),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(durability === undefined ? {} : { durability }),
    ...(signUp === undefined ? {} : { signUp }),
    ...(quality === undefined ? {} : { quality }),
    ...(wires === undefined ? {} : { wires }),
    ...(operators === undefined ? {} : { operators }),
    ...(retentionMs === undefined ? {} : { retentionMs }),
    webRoot: config.webRoot ?? builtPage(),
    env,
  };
}

/** Folder of the page that comes with this package. */
function builtPage(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@throughline/web/package.json"))), "dist");
}

function readDurability(text: string | undefined): Settings["durability"] {
  if (text === undefined || text === "full" || text === "relaxed") return text;
  throw new UsageError(`unable to use THROUGHLINE_DURABILITY "${text}"; it is full or relaxed`);
}

function readSignUp(text: string | undefined): Settings["signUp"] {
  if (text === undefined || text === "open" || text === "closed") return text;
  throw new UsageError(`unable to use THROUGHLINE_SIGN_UP "${text}"; it is open or closed`);
}

function readWires(text: string | undefined): Settings["wires"] {
  if (text === undefined) return undefined;
  if (text === "off") return [];
  try {
    const entry = {
      owner: "whoever set THROUGHLINE_WIRE_BRIDGE",
      until: text,
      replaces: "clients of the old wire format",
    };
    return [wireBridge(defineBridges({ wire: entry }).open("wire"))];
  } catch (error) {
    const reason = `it is the last day on which old clients are served, such as 2027-06-30, or off`;
    throw new UsageError(`unable to use THROUGHLINE_WIRE_BRIDGE "${text}"; ${reason}`, { cause: error });
  }
}

function readQuality(env: Environment, configured: Settings["quality"]): Settings["quality"] {
  const gate = env.THROUGHLINE_QUALITY_GATE ?? configured?.gate;
  const contentType = env.THROUGHLINE_QUALITY_CONTENT_TYPE ?? configured?.contentType;
  if (gate === undefined) {
    if (contentType === undefined) return undefined;
    throw new UsageError("unable to use THROUGHLINE_QUALITY_CONTENT_TYPE; THROUGHLINE_QUALITY_GATE is not set");
  }
  if (gate !== "off" && gate !== "annotate" && gate !== "block") {
    throw new UsageError(`unable to use THROUGHLINE_QUALITY_GATE "${gate}"; it is off, annotate or block`);
  }
  if (contentType !== undefined && !isContentType(contentType)) {
    const known = contentTypes.join(", ");
    throw new UsageError(`unable to use THROUGHLINE_QUALITY_CONTENT_TYPE "${contentType}"; it is one of ${known}`);
  }
  return { ...configured, gate, ...(contentType === undefined ? {} : { contentType }) };
}

function isContentType(text: string): text is ContentType {
  return (contentTypes as readonly string[]).includes(text);
}

const dayMs = 86_400_000;

function readRetention(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = Number(text);
  if (/^[0-9]+(\.[0-9]+)?$/.test(text) && days > 0) return days * dayMs;
  throw new UsageError(`unable to use THROUGHLINE_RETENTION_DAYS "${text}"; it is a number of days, more than 0`);
}

/** An origin: what browsers send as `Origin` has no path, and the server's own paths are fixed. */
function readPublicUrl(env: Environment, configured: string | undefined): string | undefined {
  const text = env.PUBLIC_URL ?? configured;
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  const reason = "it is an http or https address without a path, such as https://chat.example.org";
  if (env.PUBLIC_URL !== undefined) throw new UsageError(`unable to use PUBLIC_URL "${text}"; ${reason}`);
  throw new StartError("bad_option", `unable to use publicUrl "${text}"; ${reason}`, "correct the configuration");
}
