/**
 * Our conversation in the form of the AI SDK. Providers refuse a call without a result and a result without its call, so
 * both are made good here: a conversation that was cut, or a run that ended between a call and its result, still can be
 * continued. Decides nothing about which messages belong to a conversation.
 */
import type { JsonValue } from "@throughline/protocol";
import type { AssistantContent, ModelMessage, ToolContent } from "ai";
import type { ToolResult } from "../../tools/tool.ts";
import type { ConversationMessage } from "../agent.ts";
import { readModelRecord } from "./model-record.ts";

type AssistantMessage = Extract<ConversationMessage, { role: "assistant" }>;
type AssistantParts = Exclude<AssistantContent, string>;
type ToolResultOutput = Extract<ToolContent[number], { type: "tool-result" }>["output"];

const noResult: ToolResult = {
  outcome: "unknown",
  error: { code: "outcome_unknown", message: "no result of this call was recorded" },
};

/** `provider` is the one that will read the messages; records of other providers are left out. */
export function modelPrompt(messages: readonly ConversationMessage[], provider: string): ModelMessage[] {
  const results = new Map<string, ToolResult>();
  for (const message of messages) if (message.role === "tool") results.set(message.callId, message.result);
  const prompt: ModelMessage[] = [];
  for (const message of messages) {
    if (message.role === "user") prompt.push({ role: "user", content: message.text });
    if (message.role === "assistant") prompt.push(...assistantMessages(message, results, provider));
  }
  return prompt;
}

function assistantMessages(
  message: AssistantMessage,
  results: ReadonlyMap<string, ToolResult>,
  provider: string,
): ModelMessage[] {
  const { content, modelCallIds } = recordedContent(message, provider) ?? plainContent(message);
  // An answer that failed before its first word: providers refuse empty messages.
  if (content.length === 0) return [];
  const assistant: ModelMessage = { role: "assistant", content };
  if (message.toolCalls.length === 0) return [assistant];
  const answers = message.toolCalls.map((call, index) => ({
    type: "tool-result" as const,
    toolCallId: modelCallIds[index] ?? call.callId,
    toolName: call.tool,
    output: toolOutput(results.get(call.callId) ?? noResult),
  }));
  return [assistant, { role: "tool", content: answers }];
}

interface Content {
  readonly content: AssistantParts;
  /** Id of each call as the content names it, in the order of the message's calls. */
  readonly modelCallIds: readonly string[];
}

function recordedContent(message: AssistantMessage, provider: string): Content | undefined {
  const record = readModelRecord(message.providerData, provider);
  if (record === undefined) return undefined;
  const modelCallIds = record.parts.flatMap((part) => (part.type === "call" ? [part.modelCallId] : []));
  if (modelCallIds.length !== message.toolCalls.length) return undefined;
  const content = record.parts.map((part): AssistantParts[number] => {
    const options = part.metadata === undefined ? {} : { providerOptions: part.metadata };
    if (part.type !== "call") return { type: part.type, text: part.text, ...options };
    return { type: "tool-call", toolCallId: part.modelCallId, toolName: part.tool, input: part.input, ...options };
  });
  return { content, modelCallIds };
}

function plainContent(message: AssistantMessage): Content {
  const calls = message.toolCalls.map((call) => ({
    type: "tool-call" as const,
    toolCallId: call.callId,
    toolName: call.tool,
    input: objectOrNone(call.input),
  }));
  return {
    content: message.text === "" ? calls : [{ type: "text", text: message.text }, ...calls],
    modelCallIds: message.toolCalls.map((call) => call.callId),
  };
}

/** Providers take nothing but an object as the input of a call. */
function objectOrNone(input: JsonValue): JsonValue {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input : {};
}

function toolOutput(result: ToolResult): ToolResultOutput {
  if (result.outcome !== "completed") {
    const { outcome, error } = result;
    return { type: "error-json", value: { outcome, code: error.code, message: error.message } };
  }
  if (typeof result.output === "string") return { type: "text", value: result.output };
  return { type: "json", value: mutableJson(result.output) };
}

type SdkJson = Extract<ToolResultOutput, { type: "json" }>["value"];

/** The SDK's JSON type is not readonly; it does not write to what it is given. */
function mutableJson(value: JsonValue): SdkJson {
  return value as SdkJson;
}
