import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServerOptions } from "@throughline/server";
import { type Arguments, readPort } from "./arguments.ts";
import { loadConfig } from "./config.ts";
import { UsageError } from "./exit.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything a start needs but the secret. */
export type Settings = Omit<ServerOptions, "secret" | "logger"> & { readonly port: number; readonly hostname: string };

/** Flags over variables over the configuration over defaults. Throws `UsageError`. */
export async function readSettings(given: Arguments, env: Environment): Promise<Settings> {
  const config = await loadConfig(given.config);
  const port = given.port ?? (env.PORT ? readPort(env.PORT, "PORT") : undefined) ?? config.port ?? 3_000;
  const publicUrl = env.PUBLIC_URL || config.publicUrl;
  const durability = readDurability(env.THROUGHLINE_DURABILITY) ?? config.durability;
  return {
    ...config,
    port,
    hostname: given.host ?? (env.HOST || undefined) ?? config.hostname ?? "127.0.0.1",
    dataDirectory: resolve(given.data ?? (env.DATA_DIR || undefined) ?? config.dataDirectory ?? "data"),
    ...(publicUrl === undefined ? {} : { publicUrl: readUrl(publicUrl) }),
    ...(durability === undefined ? {} : { durability }),
    webRoot: config.webRoot ?? builtPage(),
    env,
  };
}

/** Folder of the page that comes with this package. */
function builtPage(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@throughline/web/package.json"))), "dist");
}

function readDurability(text: string | undefined): "full" | "relaxed" | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "full" || text === "relaxed") return text;
  throw new UsageError(`unable to use THROUGHLINE_DURABILITY ${text}; it is full or relaxed`);
}

function readUrl(text: string): string {
  if (!URL.canParse(text)) throw new UsageError(`unable to use PUBLIC_URL ${text}; it is not a URL`);
  return new URL(text).origin;
}
