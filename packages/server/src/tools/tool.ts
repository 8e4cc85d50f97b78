import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { CallId, JsonValue, RunId, ThreadId, ToolErrorCode, UserId } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";

/** A schema that validates and can say itself as JSON Schema for the model; zod 4, ArkType and Valibot are such. */
export type ToolSchema<Output> = StandardSchemaV1<unknown, Output> & StandardJSONSchemaV1<unknown, Output>;

/**
 * May a call whose outcome nobody knows (a crash between intent and record) be made again?
 * `idempotent`: yes, with the same idempotency key. `at-most-once`: no; it ends as `unknown` and the agent is told.
 */
export type ToolOnce = "idempotent" | "at-most-once";

/** What a tool learns about its call. There is no other way to learn whose call it is. */
export interface ToolContext {
  readonly userId: UserId;
  readonly threadId: ThreadId;
  readonly runId: RunId;
  readonly callId: CallId;
  /** The same for every repetition of this call, different for every other call. */
  readonly idempotencyKey: string;
  /** Aborts on stop, deadline or loss of the lease. A tool that ignores it is abandoned, not awaited. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** A named function that an agent may call. Names are 1 to 64 characters [A-Za-z0-9_-], unique in a server. */
export interface Tool<Input = unknown, Output = unknown> {
  readonly name: string;
  /** For the model: when to call it and what it returns. */
  readonly description: string;
  readonly input: ToolSchema<Input>;
  /** Checked after execution; a result that does not fit fails the call as `invalid_output`. */
  readonly output?: StandardSchemaV1<unknown, Output>;
  readonly once: ToolOnce;
  /** Whether a person must approve the call first. Default `never`. */
  readonly approval?: "never" | "always" | ((input: Input) => boolean);
  /** From execution to result. Default and maximum: `toolDurationMsMax`. */
  readonly durationMsMax?: number;
  /** Resolves with a JSON value. A thrown `ToolFailure` is shown to agent and person; any other error's text is not. */
  execute(input: Input, context: ToolContext): Promise<Output>;
}

/** A tool of any types, as registries hold it. */
// biome-ignore lint/suspicious/noExplicitAny: input is contravariant; only the dispatcher calls it, after validation
export type AnyTool = Tool<any, any>;

/** Infers `Input` from the schema and checks the name at start-up rather than at the first call. */
export function defineTool<Input, Output>(tool: Tool<Input, Output>): Tool<Input, Output> {
  checkToolName(tool.name);
  return tool;
}

export const toolNameCharactersMax = 64;

export function checkToolName(name: string): void {
  if (/^[A-Za-z0-9_-]+$/.test(name) && name.length <= toolNameCharactersMax) return;
  const rule = `a name has 1 to ${toolNameCharactersMax} characters [A-Za-z0-9_-]`;
  throw new TypeError(`unable to define tool "${name}"; ${rule}`);
}

/** Thrown by a tool for a failure that the agent and the person may read, such as "no note with that name". */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
}

/** What a call ended with, as the agent sees it. */
export type ToolResult =
  | { readonly outcome: "completed"; readonly output: JsonValue }
  | {
      readonly outcome: "failed" | "denied" | "cancelled" | "unknown";
      readonly error: { readonly code: ToolErrorCode; readonly message: string };
    };

/** Such a text may repeat what a model or a tool has written; this much of it is stored and shown. */
const errorCharactersMax = 2_000;

/** The end of a call that has no output to show. */
export function withoutOutput(
  outcome: "failed" | "denied" | "cancelled" | "unknown",
  code: ToolErrorCode,
  message: string,
): ToolResult {
  if (message.length <= errorCharactersMax) return { outcome, error: { code, message } };
  const beginning = message.slice(0, errorCharactersMax - 1).toWellFormed();
  return { outcome, error: { code, message: `${beginning}…` } };
}
