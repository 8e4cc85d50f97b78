import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { defaultLimits, type LimitName } from "@throughline/protocol";
import type { ServerOptions } from "@throughline/server";
import { z } from "zod";
import { UsageError } from "./exit.ts";

/** What `throughline.config.ts` exports as `config` or as its default; see `ServerOptions` for the meaning of each. */
export type Config = Partial<Omit<ServerOptions, "dataDirectory" | "secret" | "env" | "logger">> & {
  /** Folder of the log, the accounts and the secret. */
  readonly dataDirectory?: string;
};

/** Checks a configuration where it is written. */
export function defineConfig(config: Config): Config {
  return config;
}

const limitNames = Object.keys(defaultLimits) as [LimitName, ...LimitName[]];
const configSchema = z.strictObject({
  dataDirectory: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  hostname: z.string().min(1).optional(),
  publicUrl: z.url().optional(),
  trustedOrigins: z.array(z.url()).optional(),
  trustProxy: z.boolean().optional(),
  durability: z.enum(["full", "relaxed"]).optional(),
  limits: z.partialRecord(z.enum(limitNames), z.int().min(1)).optional(),
  issuers: z
    .array(z.strictObject({ name: z.string(), issuer: z.string(), audience: z.string(), jwksUrl: z.url() }))
    .optional(),
  webRoot: z.string().optional(),
  // Programs: agents, models and policies are objects and functions that the server itself looks at.
  agent: z.unknown().optional(),
  model: z.unknown().optional(),
  policy: z.unknown().optional(),
});

const names = ["throughline.config.ts", "throughline.config.mjs", "throughline.config.js"];

/** The configuration at `path`, or the one that stands in this folder; empty when there is none. Throws `UsageError`. */
export async function loadConfig(path: string | undefined): Promise<Config> {
  const file = path ?? names.find((name) => existsSync(name));
  if (file === undefined) return {};
  const absolute = resolve(file);
  let loaded: { config?: unknown; default?: unknown };
  try {
    loaded = (await import(pathToFileURL(absolute).href)) as typeof loaded;
  } catch (error) {
    throw new UsageError(`unable to load ${file}; ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = configSchema.safeParse(loaded.config ?? loaded.default);
  if (parsed.success) return parsed.data as Config;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "config"}: ${issue.message}`);
  throw new UsageError(`unable to use ${file}; ${issues.join("; ")}`);
}
