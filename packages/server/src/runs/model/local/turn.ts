/** What the local assistant reads of a prompt: the newest message of the person and the calls made for it so far. */
import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from "@ai-sdk/provider";
import type { JsonValue } from "@throughline/protocol";

export interface Turn {
  readonly text: string;
  /** Calls since that message, in the order in which they were asked for. */
  readonly calls: readonly EndedCall[];
  /** Messages of the prompt; grows with every step, so it tells steps apart. */
  readonly place: number;
}

export interface EndedCall {
  readonly tool: string;
  readonly input: JsonValue;
  readonly result: CallResult;
}

export type CallResult =
  | { readonly outcome: "completed"; readonly output: JsonValue }
  | { readonly outcome: "failed" | "denied" | "cancelled" | "unknown"; readonly message: string };

export function readTurn(prompt: LanguageModelV4Prompt): Turn {
  const asked = prompt.findLastIndex((message) => message.role === "user");
  const since = prompt.slice(asked + 1);
  const results = resultsOf(since);
  const calls = since.flatMap((message) => {
    if (message.role !== "assistant") return [];
    return message.content.flatMap((part): EndedCall[] => {
      if (part.type !== "tool-call") return [];
      const result = results.get(part.toolCallId) ?? { outcome: "unknown", message: "no result was recorded" };
      return [{ tool: part.toolName, input: part.input as JsonValue, result }];
    });
  });
  return { text: textOf(prompt[asked]), calls, place: prompt.length };
}

function textOf(message: LanguageModelV4Message | undefined): string {
  if (message?.role !== "user") return "";
  return message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

function resultsOf(messages: LanguageModelV4Prompt): Map<string, CallResult> {
  const results = new Map<string, CallResult>();
  for (const message of messages) {
    if (message.role !== "tool") continue;
    for (const part of message.content) {
      if (part.type === "tool-result") results.set(part.toolCallId, resultOf(part.output));
    }
  }
  return results;
}

function resultOf(output: LanguageModelV4ToolResultOutput): CallResult {
  switch (output.type) {
    case "text":
      return { outcome: "completed", output: output.value };
    case "json":
      return { outcome: "completed", output: output.value as JsonValue };
    case "content":
      return { outcome: "completed", output: JSON.parse(JSON.stringify(output.value)) as JsonValue };
    case "execution-denied":
      return { outcome: "denied", message: output.reason ?? "it was not allowed" };
    case "error-text":
      return { outcome: "failed", message: output.value };
    case "error-json":
      return failureOf(output.value as JsonValue);
  }
}

const failedOutcomes = ["failed", "denied", "cancelled", "unknown"] as const;

/** `model-prompt.ts` writes `{outcome, code, message}`; another program that uses this model may write anything. */
function failureOf(value: JsonValue): CallResult {
  const { outcome, message } = { outcome: undefined, message: undefined, ...(value as object | null) };
  return {
    outcome: failedOutcomes.find((known) => known === outcome) ?? "failed",
    message: typeof message === "string" ? message : JSON.stringify(value),
  };
}
