/**
 * Collects one model answer from the parts of its stream: hands text and thoughts on as they come, and keeps everything
 * in order for the record. Knows nothing of failures, time or retries.
 */
import type { JsonValue } from "@throughline/protocol";
import { InvalidToolInputError, type TextStreamPart, type ToolSet } from "ai";
import { type ModelRecordPart, writeModelRecord } from "./model-record.ts";

/** A tool call that the model asks for. */
export interface ModelToolCall {
  /** The model's own id; unique within the step only. */
  readonly modelCallId: string;
  readonly tool: string;
  /** `invalid` is what the model wrote where JSON was due. Neither is checked against the tool's schema. */
  readonly input: { readonly value: JsonValue } | { readonly invalid: string };
}

type Metadata = ModelRecordPart["metadata"];
type SpokenPart = Exclude<ModelRecordPart, { type: "call" }>;

export class AnswerParts {
  text = "";
  reasoning = "";
  readonly toolCalls: ModelToolCall[] = [];
  /** Everything that the model has written, inputs of calls included, and one for each block; held against a limit. */
  characters = 0;
  readonly #onText: (text: string) => void;
  readonly #onReasoning: (text: string) => void;
  readonly #parts: ModelRecordPart[] = [];
  readonly #open = new Map<string, SpokenPart>();
  // Kept apart, because reading the end of a string that was joined from pieces copies all of it.
  readonly #lastCharacter = { text: "", reasoning: "" };

  constructor(onText: (text: string) => void, onReasoning: (text: string) => void) {
    this.#onText = onText;
    this.#onReasoning = onReasoning;
  }

  add(part: TextStreamPart<ToolSet>): void {
    switch (part.type) {
      case "text-start":
      case "reasoning-start": {
        const spoken: SpokenPart = { type: part.type === "text-start" ? "text" : "reasoning", text: "" };
        this.#keep(spoken);
        this.#open.set(openKey(spoken.type, part.id), spoken);
        this.#describe(spoken, part.providerMetadata);
        return;
      }
      case "text-delta":
      case "reasoning-delta": {
        const spoken = this.#open.get(openKey(part.type === "text-delta" ? "text" : "reasoning", part.id));
        // The SDK reports a delta that nothing has opened as an error, which ends the answer.
        if (spoken === undefined) return;
        this.#describe(spoken, part.providerMetadata);
        this.#speak(spoken, part.text);
        return;
      }
      case "text-end":
      case "reasoning-end": {
        const key = openKey(part.type === "text-end" ? "text" : "reasoning", part.id);
        const spoken = this.#open.get(key);
        if (spoken !== undefined) this.#describe(spoken, part.providerMetadata);
        this.#open.delete(key);
        return;
      }
      case "tool-input-delta":
        this.characters += part.delta.length;
        return;
      case "tool-call":
        if (part.providerExecuted !== true) this.#call(part);
        return;
    }
  }

  record(provider: string): JsonValue {
    return writeModelRecord({ provider, parts: this.#parts });
  }

  #speak(spoken: SpokenPart, text: string): void {
    if (text === "") return;
    // Providers split what they say into blocks, and blocks into deltas; the first delta of a block may need a gap.
    const gap = spoken.text === "" && /\S/.test(this.#lastCharacter[spoken.type]) && /^\S/.test(text) ? "\n\n" : "";
    spoken.text += text;
    this.characters += text.length;
    this.#lastCharacter[spoken.type] = text.slice(-1);
    if (spoken.type === "text") {
      this.text += gap + text;
      this.#onText(gap + text);
    } else {
      this.reasoning += gap + text;
      this.#onReasoning(gap + text);
    }
  }

  #call(part: Extract<TextStreamPart<ToolSet>, { type: "tool-call" }>): void {
    const invalid = InvalidToolInputError.isInstance(part.error) ? part.error.toolInput : undefined;
    this.toolCalls.push({
      modelCallId: part.toolCallId,
      tool: part.toolName,
      input: invalid === undefined ? { value: part.input as JsonValue } : { invalid },
    });
    const call: ModelRecordPart = {
      type: "call",
      modelCallId: part.toolCallId,
      tool: part.toolName,
      // Providers take nothing but an object here; the result of the call says what was wrong with it.
      input: isObject(part.input) ? (part.input as JsonObject) : {},
    };
    this.#keep(call);
    this.#describe(call, part.providerMetadata);
  }

  #keep(part: ModelRecordPart): void {
    this.characters += 1;
    this.#parts.push(part);
  }

  /** The newest metadata holds: signatures come with the end of a block. */
  #describe(part: ModelRecordPart, metadata: unknown): void {
    if (metadata !== undefined && metadata !== null) part.metadata = metadata as Metadata;
  }
}

type JsonObject = Extract<ModelRecordPart, { type: "call" }>["input"];

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Ids of text and of reasoning are counted apart, and may be the same. */
function openKey(type: SpokenPart["type"], id: string): string {
  return `${type} ${id}`;
}
