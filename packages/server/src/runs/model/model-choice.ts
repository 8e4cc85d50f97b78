/**
 * Which model answers: settings of the program, then `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, then the
 * local assistant. The only place that knows providers and their variables. Decides at start-up and fails there; only a
 * base URL without a model's name is asked anything over the network.
 */
import { defaultSettingsMiddleware, wrapLanguageModel } from "ai";
import type { Clock } from "../../base/clock.ts";
import { LocalLanguageModel } from "./local/local-language-model.ts";
import { ModelConfigError } from "./model-config-error.ts";
import { listModels } from "./model-list.ts";
import type { StepModel } from "./model-step.ts";

/** A model as a program names it, or a model object of the AI SDK. What is left out comes from the environment. */
export type ModelSettings =
  | StepModel
  /** The local assistant, whatever the environment says. */
  | {
      readonly provider: "local";
      /** Milliseconds between two words. Default `THROUGHLINE_LOCAL_CHUNK_DELAY_MS`, else 12. */
      readonly chunkDelayMs?: number;
    }
  /** `openai-compatible` is any server that speaks OpenAI chat completions: Ollama, LM Studio, vLLM, most hosted ones. */
  | {
      readonly provider: "openai-compatible" | "openai" | "anthropic";
      /** With the version, such as `http://localhost:11434/v1`. Default `OPENAI_BASE_URL`, or the provider's own. */
      readonly baseUrl?: string;
      /** Default `OPENAI_API_KEY` or `ANTHROPIC_API_KEY`. */
      readonly apiKey?: string;
      /** Default `THROUGHLINE_MODEL`, else ours for the provider, or the first that a compatible server lists. */
      readonly model?: string;
    };

export type ModelEnvironment = Readonly<Record<string, string | undefined>>;

export interface ChosenModel {
  readonly model: StepModel;
  /** For people and metrics, such as `gpt-6-luna`. */
  readonly name: string;
  /** One line for the start-up message: which model answers, and how to have another. No keys. */
  readonly description: string;
}

type ProviderSettings = Exclude<ModelSettings, StepModel>;
type RemoteSettings = Exclude<ProviderSettings, { provider: "local" }>;

/** Replaced by `THROUGHLINE_MODEL`. */
const defaultModels = { openai: "gpt-6-luna", anthropic: "claude-sonnet-5-5" } as const;

/** Throws `ModelConfigError` for settings that can not work. */
export async function chooseModel(options: {
  readonly config?: ModelSettings | undefined;
  readonly env: ModelEnvironment;
  readonly clock: Clock;
}): Promise<ChosenModel> {
  const { config, clock } = options;
  const env = setVariables(options.env);
  if (config !== undefined && "specificationVersion" in config) {
    return { model: config, name: config.modelId, description: `model: ${config.modelId}, given by the program` };
  }
  const settings = config ?? settingsFrom(env);
  switch (settings.provider) {
    case "local":
      return localModel(settings.chunkDelayMs, env, clock);
    case "openai-compatible":
      return compatibleModel(settings, env, clock);
    case "openai":
      return openaiModel(settings, env);
    case "anthropic":
      return anthropicModel(settings, env);
  }
}

/** Container tools set variables that were left out to the empty text. */
function setVariables(env: ModelEnvironment): ModelEnvironment {
  const trimmed = Object.entries(env).map(([name, value]) => [name, value?.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== undefined && value !== ""));
}

function settingsFrom(env: ModelEnvironment): ProviderSettings {
  if (env.THROUGHLINE_MODEL === "local") return { provider: "local" };
  if (env.OPENAI_BASE_URL !== undefined) return { provider: "openai-compatible" };
  if (env.OPENAI_API_KEY !== undefined) return { provider: "openai" };
  if (env.ANTHROPIC_API_KEY !== undefined) return { provider: "anthropic" };
  if (env.THROUGHLINE_MODEL !== undefined) {
    throw new ModelConfigError(
      `THROUGHLINE_MODEL is "${env.THROUGHLINE_MODEL}" but nothing says where it runs; ` +
        "set OPENAI_BASE_URL, OPENAI_API_KEY or ANTHROPIC_API_KEY as well",
    );
  }
  return { provider: "local" };
}

function localModel(given: number | undefined, env: ModelEnvironment, clock: Clock): ChosenModel {
  const chunkDelayMs = given ?? delayFrom(env.THROUGHLINE_LOCAL_CHUNK_DELAY_MS);
  const model = new LocalLanguageModel({ clock, ...(chunkDelayMs === undefined ? {} : { chunkDelayMs }) });
  return {
    model,
    name: model.modelId,
    description:
      "model: the local assistant, which is no language model; for a real one set OPENAI_API_KEY, ANTHROPIC_API_KEY " +
      "or OPENAI_BASE_URL (Ollama, LM Studio, vLLM) and start again",
  };
}

const chunkDelayMsMax = 60_000;

function delayFrom(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const delayMs = Number(value);
  if (Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= chunkDelayMsMax) return delayMs;
  throw new ModelConfigError(
    `THROUGHLINE_LOCAL_CHUNK_DELAY_MS is "${value}"; set it to a whole number from 0 to ${chunkDelayMsMax}`,
  );
}

async function compatibleModel(settings: RemoteSettings, env: ModelEnvironment, clock: Clock): Promise<ChosenModel> {
  const given = settings.baseUrl ?? env.OPENAI_BASE_URL;
  if (given === undefined) throw new ModelConfigError("no base URL; set OPENAI_BASE_URL");
  const baseURL = checkedUrl(given, "OPENAI_BASE_URL");
  const apiKey = checkedKey(settings.apiKey ?? env.OPENAI_API_KEY, "OPENAI_API_KEY");
  const named = settings.model ?? env.THROUGHLINE_MODEL ?? env.OPENAI_MODEL;
  const listed = named === undefined ? await listModels(baseURL, apiKey, clock) : undefined;
  const name = named ?? listed?.first ?? "";
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const provider = createOpenAICompatible({
    name: "openaiCompatible",
    baseURL,
    includeUsage: true,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  const choice = listed === undefined ? "" : `, the first of ${listed.count} that it lists`;
  return { model: provider(name), name, description: `model: ${name} at ${baseURL}${choice}; ${chooseAnother}` };
}

async function openaiModel(settings: RemoteSettings, env: ModelEnvironment): Promise<ChosenModel> {
  const apiKey = requiredKey(settings.apiKey ?? env.OPENAI_API_KEY, "OPENAI_API_KEY");
  const baseURL = checkedUrl(settings.baseUrl ?? "https://api.openai.com/v1", "baseUrl");
  const name = settings.model ?? env.THROUGHLINE_MODEL ?? env.OPENAI_MODEL ?? defaultModels.openai;
  const { createOpenAI } = await import("@ai-sdk/openai");
  const model = wrapLanguageModel({
    model: createOpenAI({ baseURL, apiKey })(name),
    // The log is where a conversation is kept: references to what the provider stored would end with its retention.
    middleware: defaultSettingsMiddleware({ settings: { providerOptions: { openai: { store: false } } } }),
  });
  return { model, name, description: `model: ${name} by OpenAI; ${chooseAnother}` };
}

async function anthropicModel(settings: RemoteSettings, env: ModelEnvironment): Promise<ChosenModel> {
  const apiKey = requiredKey(settings.apiKey ?? env.ANTHROPIC_API_KEY, "ANTHROPIC_API_KEY");
  const baseURL = checkedUrl(settings.baseUrl ?? "https://api.anthropic.com/v1", "baseUrl");
  const name = settings.model ?? env.THROUGHLINE_MODEL ?? defaultModels.anthropic;
  const { createAnthropic } = await import("@ai-sdk/anthropic");
  return {
    model: createAnthropic({ baseURL, apiKey })(name),
    name,
    description: `model: ${name} by Anthropic; ${chooseAnother}`,
  };
}

const chooseAnother = "choose another with THROUGHLINE_MODEL";

/** Without a slash at its end. What is shown at start-up and in errors may hold no secret, so a URL may not carry one. */
function checkedUrl(given: string, name: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ModelConfigError(`${name} is not an http or https URL; set it to one such as http://localhost:11434/v1`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new ModelConfigError(`${name} has more than an address in it; put a key into OPENAI_API_KEY instead`);
  }
  return url.href.replace(/\/+$/, "");
}

function requiredKey(key: string | undefined, name: string): string {
  const checked = checkedKey(key, name);
  if (checked === undefined) throw new ModelConfigError(`no key; set ${name}`);
  return checked;
}

/** A key that no header can carry would fail every call, with the key in the error's text. */
function checkedKey(key: string | undefined, name: string): string | undefined {
  if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return key;
  throw new ModelConfigError(`${name} has spaces, line breaks or foreign letters in it; copy the key again`);
}
