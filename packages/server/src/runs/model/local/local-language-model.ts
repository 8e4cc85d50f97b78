/**
 * The deterministic local assistant as a language model of the AI SDK: what answers when no model is configured. The same
 * prompt and tools always give the same thoughts, words and calls, one word at a time. It recognizes requests by rules
 * (`understand.ts`); it keeps nothing between calls and runs no tool.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4FunctionTool,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { type Clock, delay } from "../../../base/clock.ts";
import { type Plan, planStep } from "./plan.ts";
import { readTurn } from "./turn.ts";

export interface LocalLanguageModelOptions {
  readonly clock: Clock;
  /** Milliseconds between two words, so that streaming can be seen. 0 = as fast as they are read. Default 12. */
  readonly chunkDelayMs?: number;
}

const defaultChunkDelayMs = 12;
/** What is said slowly takes that many times as long. */
const slownessFactor = 10;

export class LocalLanguageModel implements LanguageModelV4 {
  readonly specificationVersion = "v4";
  readonly provider = "throughline.local";
  readonly modelId = "local-assistant";
  readonly supportedUrls = {};
  readonly #clock: Clock;
  readonly #chunkDelayMs: number;

  constructor(options: LocalLanguageModelOptions) {
    this.#clock = options.clock;
    this.#chunkDelayMs = options.chunkDelayMs ?? defaultChunkDelayMs;
  }

  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { plan, place } = planOf(options);
    const content: LanguageModelV4Content[] = [{ type: "reasoning", text: plan.thought }];
    if (plan.text !== "") content.push({ type: "text", text: plan.text });
    content.push(...toolCallsOf(plan, place));
    return { content, finishReason: finishReasonOf(plan), usage: noUsage, warnings: [] };
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const { plan, place } = planOf(options);
    const parts = this.#parts(plan, place, options.abortSignal);
    return {
      stream: new ReadableStream<LanguageModelV4StreamPart>({
        async pull(controller) {
          const { done, value } = await parts.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await parts.return(undefined);
        },
      }),
    };
  }

  /** Ends without `finish` when aborted, as a broken stream does. */
  async *#parts(
    plan: Plan,
    place: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LanguageModelV4StreamPart, undefined> {
    yield { type: "stream-start", warnings: [] };
    yield* this.#spoken("reasoning", plan.thought, this.#chunkDelayMs, signal);
    if (plan.text !== "") {
      yield* this.#spoken("text", plan.text, this.#chunkDelayMs * (plan.slowly ? slownessFactor : 1), signal);
    }
    for (const call of toolCallsOf(plan, place)) {
      yield { type: "tool-input-start", id: call.toolCallId, toolName: call.toolName };
      yield { type: "tool-input-delta", id: call.toolCallId, delta: call.input };
      yield { type: "tool-input-end", id: call.toolCallId };
      yield call;
    }
    if (signal?.aborted) return;
    yield { type: "finish", finishReason: finishReasonOf(plan), usage: noUsage };
  }

  async *#spoken(
    type: "reasoning" | "text",
    text: string,
    chunkDelayMs: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LanguageModelV4StreamPart, undefined> {
    const id = `${type}-0`;
    yield { type: `${type}-start`, id };
    for (const delta of wordsOf(text)) {
      if (chunkDelayMs > 0) await delay(this.#clock, chunkDelayMs, signal);
      if (signal?.aborted) return;
      yield { type: `${type}-delta`, id, delta };
    }
    yield { type: `${type}-end`, id };
  }
}

function planOf(options: LanguageModelV4CallOptions): { readonly plan: Plan; readonly place: number } {
  const turn = readTurn(options.prompt);
  const tools = (options.tools ?? []).filter((tool): tool is LanguageModelV4FunctionTool => tool.type === "function");
  return { plan: planStep(turn, tools), place: turn.place };
}

type ToolCall = Extract<LanguageModelV4Content, { type: "tool-call" }>;

/** Ids are the same for the same prompt and differ between the steps of a conversation. */
function toolCallsOf(plan: Plan, place: number): ToolCall[] {
  return plan.calls.map(({ tool, input }, index) => ({
    type: "tool-call",
    toolCallId: `local-${place}-${index + 1}`,
    toolName: tool,
    input: JSON.stringify(input),
  }));
}

function finishReasonOf(plan: Plan): LanguageModelV4FinishReason {
  return { unified: plan.calls.length > 0 ? "tool-calls" : "stop", raw: undefined };
}

const noUsage: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** Words with the space after them; very long ones in pieces. Joined, they are the text. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\S{1,48}\s*|\s+/gu) ?? [];
}
