/**
 * One call of a language model: the only place that calls `streamText`. Tools are offered without `execute`, so the call
 * ends where the model asks for them: a step's result has to be durable before any of its tools runs, which is why the loop
 * over steps is not the SDK's. Owns streaming, silence, retries before the first part, and the meaning of failures; not the
 * loop, not the tools, not storage.
 */
import { defaultLimits, type JsonValue, type Usage } from "@throughline/protocol";
import { jsonSchema, type LanguageModel, streamText, type TextStreamPart, type ToolSet, tool } from "ai";
import { type Clock, delay } from "../../base/clock.ts";
import type { ConversationMessage } from "../agent.ts";
import { AnswerParts, type ModelToolCall } from "./answer-parts.ts";
import { IdleWatch } from "./idle-watch.ts";
import { cutFailure, failureOf, type ModelFailure, modelFailure } from "./model-failure.ts";
import { modelPrompt } from "./model-prompt.ts";

// The SDK prints warnings of providers to the console unless told otherwise; a program that has its own logger keeps it.
globalThis.AI_SDK_LOG_WARNINGS ??= false;

/** A model object of the AI SDK. Names are left out: the SDK would send them to its vendor's gateway. */
export type StepModel = Exclude<LanguageModel, string>;

/** A tool as a model sees it. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly inputJsonSchema: Readonly<Record<string, unknown>>;
}

export interface ModelStepRequest {
  readonly model: StepModel;
  readonly instructions: string;
  /** Oldest first, at least one. */
  readonly messages: readonly ConversationMessage[];
  readonly tools: readonly ModelTool[];
  /** Ends the step as `aborted`, at once, whatever the provider does. */
  readonly signal: AbortSignal;
  /** From one sign of life to the next; the provider's pings count. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  /** Text, thoughts and inputs of calls together, beyond which the step fails. Default `answerCharactersMax`. */
  readonly outputCharactersMax?: number;
  /** Further tries while nothing of an answer has arrived. Default 2. */
  readonly retryCountMax?: number;
  /** From 0 to below 1: spreads retries of many runs. Default `Math.random`. */
  readonly random?: () => number;
  /** Each piece of the answer's text, in order. What it throws ends the call and is thrown on. */
  onText(text: string): void;
  /** Each piece of what the model shows of its thoughts; many small ones. */
  onReasoning(text: string): void;
}

/** `length` and `content-filter`: the text is not complete, and the person should be told. */
export type StepFinishReason = "stop" | "tool-calls" | "length" | "content-filter" | "other";

export type ModelStep =
  | {
      readonly kind: "finished";
      /** What `onText` got, joined. */
      readonly text: string;
      readonly reasoning?: string;
      /** In the order in which the model asked. Empty unless the model meant to end here: no half call is ever listed. */
      readonly toolCalls: readonly ModelToolCall[];
      readonly finishReason: StepFinishReason;
      readonly usage?: Usage;
      /** The `providerData` of this step's assistant message; JSON. */
      readonly record: JsonValue;
    }
  | ({ readonly kind: "failed" } & ModelFailure)
  | { readonly kind: "aborted" };

const retryCountDefault = 2;
const retryDelayMs = 500;
const retryDelayFactor = 4;
/** A provider that asks for a longer wait gets none: the person is told instead. */
const retryDelayMsMax = 10_000;

/**
 * Calls the model once. A refused or lost connection and a provider that is overloaded are tried again, at most twice and
 * only while nothing of an answer has arrived: what was shown once is never said again. The SDK's own retries are off,
 * because they sleep by a clock of their own.
 */
export async function streamModelStep(request: ModelStepRequest): Promise<ModelStep> {
  for (let retries = 0; ; retries += 1) {
    const { step, begun } = await attemptStep(request);
    const delayMs =
      begun || retries >= (request.retryCountMax ?? retryCountDefault)
        ? undefined
        : retryDelay(step, retries, request.random);
    if (delayMs === undefined) return step;
    await delay(request.clock, delayMs, request.signal);
  }
}

/** Undefined when the step is not to be tried again. */
function retryDelay(step: ModelStep, retries: number, random: () => number = Math.random): number | undefined {
  if (step.kind !== "failed" || !step.retryable) return undefined;
  const backoffMs = retryDelayMs * retryDelayFactor ** retries * (0.5 + random() / 2);
  const delayMs = Math.max(backoffMs, step.retryAfterMs ?? 0);
  return delayMs > retryDelayMsMax ? undefined : delayMs;
}

interface Attempt {
  readonly step: ModelStep;
  /** Something of an answer has arrived, or was waited for in vain: not to be repeated. */
  readonly begun: boolean;
}

async function attemptStep(request: ModelStepRequest): Promise<Attempt> {
  if (request.signal.aborted) return { step: { kind: "aborted" }, begun: false };
  const charactersMax = request.outputCharactersMax ?? defaultLimits.answerCharactersMax;
  const answer = new AnswerParts(request.onText, request.onReasoning);
  const abort = new AbortController();
  const stop = () => abort.abort();
  request.signal.addEventListener("abort", stop, { once: true });
  let silent = false;
  const idle = new IdleWatch(request.clock, request.idleTimeoutMs, () => {
    silent = true;
    stop();
  });
  try {
    const ending = await readAnswer(partsOf(request, abort.signal), answer, idle, charactersMax);
    const begun = silent || answer.characters > 0;
    if (ending.kind === "finished") return { step: finishedStep(request, answer, ending), begun };
    if (request.signal.aborted) return { step: { kind: "aborted" }, begun };
    if (silent) return { step: failed(silence(request.idleTimeoutMs)), begun };
    if (ending.kind === "too-large") return { step: failed(tooLarge(charactersMax)), begun };
    const failure = ending.kind === "error" ? failureOf(ending.error, request.clock.now()) : cutFailure();
    return { step: failed(failure), begun };
  } finally {
    idle.stop();
    request.signal.removeEventListener("abort", stop);
    // Whatever the reason for leaving, nothing is left that reads from the provider.
    stop();
  }
}

function partsOf(request: ModelStepRequest, abortSignal: AbortSignal): AsyncIterator<TextStreamPart<ToolSet>> {
  const tools = request.tools.map((offered) => [
    offered.name,
    tool({ description: offered.description, inputSchema: jsonSchema(offered.inputJsonSchema) }),
  ]);
  const { fullStream } = streamText({
    model: request.model,
    ...(request.instructions === "" ? {} : { instructions: request.instructions }),
    messages: modelPrompt(request.messages, request.model.provider),
    ...(tools.length === 0 ? {} : { tools: Object.fromEntries(tools) as ToolSet }),
    abortSignal,
    maxRetries: 0,
    telemetry: { isEnabled: false },
    // Failures are read from the stream; the default prints them.
    onError: () => undefined,
  });
  return fullStream[Symbol.asyncIterator]();
}

type Ending =
  | { readonly kind: "finished"; readonly reason: FinishPart["finishReason"]; readonly usage: FinishPart["totalUsage"] }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "too-large" }
  | { readonly kind: "ended" };

type FinishPart = Extract<TextStreamPart<ToolSet>, { type: "finish" }>;

/** Rejects only with what the request's callbacks throw. */
async function readAnswer(
  parts: AsyncIterator<TextStreamPart<ToolSet>>,
  answer: AnswerParts,
  idle: IdleWatch,
  charactersMax: number,
): Promise<Ending> {
  for (;;) {
    let next: IteratorResult<TextStreamPart<ToolSet>>;
    try {
      next = await parts.next();
    } catch (error) {
      return { kind: "error", error };
    }
    if (next.done === true) return { kind: "ended" };
    const part = next.value;
    idle.touch();
    // After an error the SDK goes on to a `finish`, as if there had been an answer.
    if (part.type === "error") return { kind: "error", error: part.error };
    if (part.type === "finish") return { kind: "finished", reason: part.finishReason, usage: part.totalUsage };
    answer.add(part);
    if (answer.characters > charactersMax) return { kind: "too-large" };
  }
}

function finishedStep(
  request: ModelStepRequest,
  answer: AnswerParts,
  ending: Ending & { kind: "finished" },
): ModelStep {
  const { reason } = ending;
  if (reason === "interrupted") return failed(cutFailure());
  if (reason === "error") return failed(modelFailure("model_failed", "it reported an error", { retryable: true }));
  // The last call may be cut in a way that still is valid JSON; no call is run that may not be meant as it stands.
  if (answer.toolCalls.length > 0 && reason !== "stop" && reason !== "tool-calls") {
    const cause = `its answer ended in the middle of tool calls (${reason})`;
    return failed(modelFailure("model_failed", cause, { retryable: true }));
  }
  const usage = usageOf(ending.usage);
  return {
    kind: "finished",
    text: answer.text,
    ...(answer.reasoning === "" ? {} : { reasoning: answer.reasoning }),
    toolCalls: answer.toolCalls,
    finishReason: reason,
    ...(usage === undefined ? {} : { usage }),
    record: answer.record(request.model.provider),
  };
}

function usageOf({ inputTokens, outputTokens }: FinishPart["totalUsage"]): Usage | undefined {
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  };
}

function failed(failure: ModelFailure): ModelStep {
  return { kind: "failed", ...failure };
}

function silence(idleTimeoutMs: number): ModelFailure {
  return modelFailure("model_unavailable", `it was silent for ${idleTimeoutMs} ms`, { retryable: true });
}

function tooLarge(charactersMax: number): ModelFailure {
  const reason = `its output exceeds ${charactersMax} characters (answerCharactersMax)`;
  return modelFailure("answer_too_large", reason, { retryable: false });
}
