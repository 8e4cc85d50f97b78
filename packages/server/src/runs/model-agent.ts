import type { JsonValue, Usage } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import type { AnyTool, ToolResult } from "../tools/tool.ts";
import { type Agent, type AgentRun, type ConversationMessage, RunFailure, UnparsedInput } from "./agent.ts";
import type { ModelToolCall } from "./model/answer-parts.ts";
import { type ModelTool, type StepModel, streamModelStep } from "./model/model-step.ts";
import type { QualityGate } from "./quality-gate.ts";
import { RunAbort } from "./run-abort.ts";

export interface ModelAgentOptions {
  readonly name: string;
  readonly model: StepModel;
  readonly instructions?: string;
  readonly tools?: readonly AnyTool[];
  readonly quality?: QualityGate;
}

/** What a server gives every model agent. */
export interface ModelAgentParts {
  readonly clock: Clock;
  readonly modelIdleTimeoutMs: number;
  readonly answerCharactersMax: number;
  /** From 0 to below 1: spreads retries of many runs. Default `Math.random`. */
  readonly random?: () => number;
}

/** A finished model step as it is stored: all that the loop needs to go on from it. */
interface RecordedStep {
  readonly text: string;
  readonly toolCalls: readonly ModelToolCall[];
  readonly finishReason: string;
  readonly usage: Usage | null;
  readonly providerData: JsonValue;
}

/**
 * An agent that lets a language model answer: a loop of model steps, each recorded before any of its tool calls runs, with
 * every call going through the dispatcher. It ends with the first step that asks for no tool.
 */
export function modelAgent(options: ModelAgentOptions, parts: ModelAgentParts): Agent {
  const tools = options.tools ?? [];
  const offered = tools.map(modelTool);
  return {
    name: options.name,
    tools,
    ...(options.quality && { quality: options.quality }),
    async run(run) {
      const messages: ConversationMessage[] = [...(await run.conversation()), { role: "user", text: run.message.text }];
      for (;;) {
        const step = await modelStep(run, options, parts, offered, messages);
        if (step.usage !== null) run.addUsage(step.usage);
        if (step.toolCalls.length === 0) return finish(step);
        await callTools(run, step, messages);
      }
    },
  };
}

function modelStep(
  run: AgentRun,
  options: ModelAgentOptions,
  parts: ModelAgentParts,
  tools: readonly ModelTool[],
  messages: readonly ConversationMessage[],
): Promise<RecordedStep> {
  return run.step(async (scope) => {
    let reasoning = "";
    let shown: Promise<void> = Promise.resolve();
    const showReasoning = () => {
      if (reasoning === "") return;
      const text = reasoning;
      reasoning = "";
      shown = scope.thinking(text);
      shown.catch(() => undefined);
    };
    const step = await streamModelStep({
      model: options.model,
      instructions: options.instructions ?? "",
      messages,
      tools,
      signal: run.signal,
      idleTimeoutMs: parts.modelIdleTimeoutMs,
      outputCharactersMax: parts.answerCharactersMax,
      clock: parts.clock,
      ...(parts.random && { random: parts.random }),
      onReasoning(text) {
        reasoning += text;
      },
      onText(text) {
        // Thoughts come before what is said: they are shown once, when the text begins.
        showReasoning();
        scope.delta(text);
      },
    });
    showReasoning();
    await shown;
    if (step.kind === "aborted") throw run.signal.reason ?? new RunAbort("stopped");
    if (step.kind === "failed") throw new RunFailure(step.code, step.message);
    return {
      text: step.text,
      toolCalls: step.toolCalls,
      finishReason: step.finishReason,
      usage: step.usage ?? null,
      providerData: step.record,
    };
  });
}

async function callTools(run: AgentRun, step: RecordedStep, messages: ConversationMessage[]): Promise<void> {
  const calls = step.toolCalls.map((call) =>
    run.tool(call.tool, "invalid" in call.input ? new UnparsedInput(call.input.invalid) : call.input.value),
  );
  const results = await settleAll(calls);
  const asked = step.toolCalls.map((call, index) => ({
    call,
    result: results[index] as ToolResult & { callId: string },
  }));
  messages.push({
    role: "assistant",
    text: step.text,
    toolCalls: asked.map(({ call, result }) => ({
      callId: result.callId,
      tool: call.tool,
      input: "invalid" in call.input ? call.input.invalid : call.input.value,
    })),
    providerData: step.providerData,
  });
  for (const { call, result } of asked) {
    messages.push({ role: "tool", callId: result.callId, tool: call.tool, result });
  }
}

/** Waits for all of them even when one rejects: none may still be at work when the run moves on. */
async function settleAll<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

function finish(step: RecordedStep): undefined {
  if (step.finishReason === "length") {
    throw new RunFailure("model_failed", "the model reached its output limit before it had finished the answer");
  }
  if (step.finishReason === "content-filter") {
    throw new RunFailure("model_failed", "the provider's content filter ended the answer");
  }
}

function modelTool(tool: AnyTool): ModelTool {
  const inputJsonSchema = tool.input["~standard"].jsonSchema.input({ target: "draft-07" });
  return { name: tool.name, description: tool.description, inputJsonSchema };
}
