/** The configuration file: where it is found, how it is loaded, and what may stand in it. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { contentTypes, defaultLimits, type LimitName } from "@throughline/protocol";
import { type ServerOptions, StartError } from "@throughline/server";
import { z } from "zod";

/** What `throughline.config.ts` exports as `config` or as its default; `ServerOptions` says what each means. */
export type Config = Partial<Omit<ServerOptions, "secret" | "env" | "logger">>;

/** Checks a configuration where it is written. */
export function defineConfig(config: Config): Config {
  return config;
}

const fileNames = ["throughline.config.ts", "throughline.config.mjs", "throughline.config.js"];

/**
 * The configuration at `path`, or the one that stands in this folder; empty when there is none. Paths in it count from its
 * own folder. Rejects with a `StartError` when it cannot be used.
 */
export async function loadConfig(path: string | undefined): Promise<Config> {
  const file = path ?? fileNames.find((name) => existsSync(name));
  if (file === undefined) return {};
  const absolute = resolve(file);
  const parsed = configSchema.safeParse(await readExport(file, absolute));
  if (!parsed.success) throw unusable(file, parsed.error.issues.map(describeIssue).join("; "));
  const config: Config = parsed.data;
  return {
    ...config,
    ...(config.dataDirectory === undefined ? {} : { dataDirectory: resolve(dirname(absolute), config.dataDirectory) }),
    ...(config.webRoot === undefined ? {} : { webRoot: resolve(dirname(absolute), config.webRoot) }),
  };
}

async function readExport(file: string, absolute: string): Promise<unknown> {
  if (!existsSync(absolute)) throw unusable(file, "there is no such file");
  let loaded: { readonly config?: unknown; readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(absolute).href);
  } catch (error) {
    throw unusable(file, error instanceof Error ? error.message : String(error), error);
  }
  const config = loaded.config ?? loaded.default;
  if (config === undefined) throw unusable(file, "it exports neither `config` nor a default");
  return config;
}

function unusable(file: string, reason: string, cause?: unknown): StartError {
  const advice = "correct the file; `defineConfig` of @throughline/cli checks it where it is written";
  return new StartError("bad_option", `unable to use ${file}; ${reason}`, advice, { cause });
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

const limitNames = Object.keys(defaultLimits) as [LimitName, ...LimitName[]];
const modelSchema = z.discriminatedUnion("provider", [
  z.strictObject({ provider: z.literal("local"), chunkDelayMs: z.int().min(0).optional() }),
  z.strictObject({
    provider: z.enum(["openai-compatible", "openai", "anthropic"]),
    baseUrl: z.url().optional(),
    apiKey: z.string().optional(),
    model: z.string().min(1).optional(),
  }),
]);
const modelObjectSchema = z.custom<Exclude<Config["model"], undefined | z.infer<typeof modelSchema>>>(isModelObject);

const fields = {
  dataDirectory: z.string().min(1),
  port: z.int().min(0).max(65_535),
  hostname: z.string().min(1),
  publicUrl: z.url(),
  trustedOrigins: z.array(z.url()).readonly(),
  signUp: z.enum(["open", "closed"]),
  trustProxy: z.boolean(),
  durability: z.enum(["full", "relaxed"]),
  retentionMs: z.number().positive(),
  limits: z.partialRecord(z.enum(limitNames), z.int().min(1)).readonly(),
  issuers: z
    .array(
      z.strictObject({
        name: z.string(),
        issuer: z.string(),
        audience: z.string(),
        jwksUrl: z.url(),
        tenantClaim: z.string().min(1).optional(),
      }),
    )
    .readonly(),
  wires: z.array(z.custom<NonNullable<Config["wires"]>[number]>(isWireFormat, "this is no wire format")).readonly(),
  webRoot: z.string().min(1),
  agent: z.custom<NonNullable<Config["agent"]>>(isAgent, "this is no agent; make one with `defineAgent`"),
  model: z.unknown().transform(readModel),
  quality: z.strictObject({
    gate: z.enum(["off", "annotate", "block"]),
    contentType: z.enum(contentTypes).optional(),
    strict: z.boolean().optional(),
    revisionsMax: z.int().min(0).optional(),
    judge: z.strictObject({ model: modelObjectSchema }).optional(),
  }) as unknown as z.ZodType<Config["quality"]>,
  operators: z.array(z.string().min(1)).readonly(),
  policy: z.custom<NonNullable<Config["policy"]>>((value) => typeof value === "function", "a policy is a function"),
} satisfies { readonly [Name in keyof Required<Config>]: z.ZodType<Config[Name]> };
const configSchema = z.strictObject(fields).partial();

function isModelObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && "specificationVersion" in value && "modelId" in value;
}

/** A model object is passed on as it is; anything else has to be settings that name a provider. */
function readModel(value: unknown, context: z.RefinementCtx): NonNullable<Config["model"]> {
  const parsed = isModelObject(value) ? modelObjectSchema.safeParse(value) : modelSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) context.addIssue({ code: "custom", path, message });
  return z.NEVER;
}

function isWireFormat(value: unknown): boolean {
  return typeof value === "object" && value !== null && "path" in value && "open" in value;
}

function isAgent(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string") return false;
  return "model" in value || ("run" in value && typeof value.run === "function");
}
