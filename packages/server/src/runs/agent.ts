import type { JsonValue, MessageId, RunErrorCode, RunId, ThreadId, Usage, UserId } from "@throughline/protocol";
import type { AnyTool, ToolResult } from "../tools/tool.ts";
import type { QualityGate } from "./quality-gate.ts";

/** What was said in a thread before, oldest first, as a model wants it. */
export type ConversationMessage =
  | { readonly role: "user"; readonly text: string }
  | {
      readonly role: "assistant";
      readonly text: string;
      readonly toolCalls: readonly { readonly callId: string; readonly tool: string; readonly input: JsonValue }[];
      /** What the provider that wrote it needs to see again, such as signatures of its reasoning. */
      readonly providerData?: JsonValue;
    }
  | { readonly role: "tool"; readonly callId: string; readonly tool: string; readonly result: ToolResult };

/** What a model wrote where the input of a tool call was asked for, when it is not JSON. The call is refused visibly. */
export class UnparsedInput {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a step may do while it works. */
export interface StepScope {
  /** Counts from 1. */
  readonly step: number;
  /** Adds to the step's text; coalesced, so it may be called for every token. */
  delta(text: string): void;
  /** Shows what the agent thinks; may be called again with more. */
  thinking(text: string): Promise<void>;
}

/**
 * Durable primitives of one run. An agent that is started again after a crash makes the same calls again: those that were
 * recorded return what they returned before, without effect; the first that was not goes on. An agent therefore has to
 * call them in an order that depends on nothing but what they returned.
 */
export interface AgentRun {
  readonly userId: UserId;
  readonly threadId: ThreadId;
  readonly runId: RunId;
  readonly message: { readonly messageId: MessageId; readonly text: string };
  /** Aborts on stop, deadline, drain and loss of the lease. */
  readonly signal: AbortSignal;
  /** The thread before this run's message. */
  conversation(): Promise<readonly ConversationMessage[]>;
  /** A durable unit, such as a model call: its result, a JSON value, is stored before this resolves and reused after a crash. */
  step<Result>(work: (scope: StepScope) => Promise<Result>): Promise<Result>;
  /** Begins a step that is not recorded, and shows what the agent thinks. */
  thinking(text?: string): Promise<void>;
  /** Adds text to the current step; begins one when there is none. */
  delta(text: string): void;
  /** Calls a tool through the dispatcher. Resolves with how it ended; rejects only when the run may not go on. */
  tool(name: string, input: JsonValue | UnparsedInput): Promise<ToolResult & { readonly callId: string }>;
  addUsage(usage: Usage): void;
}

/** A program that answers messages. */
export interface Agent {
  readonly name: string;
  /** The tools that it may call; every other name is refused. */
  readonly tools: readonly AnyTool[];
  /** Left out: its answers are not judged. */
  readonly quality?: QualityGate;
  /**
   * Answers one message. The answer is the text of its deltas, or the string that it returns. A thrown `RunFailure` fails
   * the run with that code and text; anything else fails it as `agent_failed` without its text.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an async function without a return statement is an agent too
  run(run: AgentRun): Promise<string | void>;
}

/** Fails the run with a code and a text that people may read. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
  readonly code: RunErrorCode;
  constructor(code: RunErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
