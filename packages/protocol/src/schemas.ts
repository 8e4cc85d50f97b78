/**
 * zod schemas of everything that crosses the wire: what the server validates with, and what tests and strict readers may.
 * Apart from the types so that a client does not carry a validator. Unknown keys are refused in what clients send.
 */
import { z } from "zod";
import type { CommandData, CommandType, ReplyData } from "./commands.ts";
import { parseCursor } from "./cursor.ts";
import { type ErrorCode, errorCodes, runErrorCodes, toolErrorCodes } from "./errors.ts";
import type { Event, EventData, EventType } from "./events.ts";
import type { HelloFrame, PingFrame, ServerFrame } from "./frames.ts";
import { protocolVersion, resetReasons } from "./frames.ts";
import {
  type CallId,
  type CommandId,
  type ConnectionId,
  type Cursor,
  idPatterns,
  type MessageId,
  type RunId,
  type ThreadId,
  type UserId,
} from "./ids.ts";
import { defaultLimits, type LimitName, type Limits } from "./limits.ts";

/**
 * Text of at most `charactersMax` UTF-16 units, the unit of every length and offset of the protocol; zod's own `max` counts
 * code points in some versions and units in others. Lone surrogates cannot be stored as UTF-8 without changing them, so
 * they are refused where they enter.
 */
const text = (charactersMax: number) =>
  z.string().check(({ value, issues }) => {
    if (value.length > charactersMax) {
      issues.push({ code: "too_big", origin: "string", maximum: charactersMax, inclusive: true, input: value });
    }
    if (!value.isWellFormed()) {
      issues.push({ code: "custom", message: "contains a lone surrogate", input: value });
    }
  });

const id = <Id extends string>(pattern: RegExp) => z.string().regex(pattern) as unknown as z.ZodType<Id>;
export const userIdSchema = id<UserId>(idPatterns.user);
export const threadIdSchema = id<ThreadId>(idPatterns.thread);
export const runIdSchema = id<RunId>(idPatterns.run);
export const messageIdSchema = id<MessageId>(idPatterns.message);
export const callIdSchema = id<CallId>(idPatterns.call);
export const commandIdSchema = id<CommandId>(idPatterns.command);
export const connectionIdSchema = id<ConnectionId>(idPatterns.connection);
export const cursorSchema = z
  .string()
  .refine((value) => parseCursor(value) !== undefined, { error: "is not a cursor" }) as unknown as z.ZodType<Cursor>;

const sequence = z.int().min(1);
const instant = z.iso.datetime({ precision: 3 });

/** Schemas of command data. Lengths are those of `limits`. */
export function commandDataSchemas(limits: Limits): { readonly [Type in CommandType]: z.ZodType<CommandData[Type]> } {
  const title = text(limits.titleCharactersMax).trim().min(1);
  return {
    "message.send": z.strictObject({
      threadId: threadIdSchema.optional(),
      text: text(limits.messageTextCharactersMax).refine((value) => value.trim() !== "", { error: "is empty" }),
      onBusy: z.enum(["queue", "interrupt", "reject"]).optional(),
    }),
    "run.stop": z.strictObject({ runId: runIdSchema }),
    "approval.answer": z.strictObject({
      callId: callIdSchema,
      digest: text(128),
      decision: z.enum(["approve", "deny"]),
    }),
    "thread.create": z.strictObject({ title: title.optional() }),
    "thread.rename": z.strictObject({ threadId: threadIdSchema, title }),
    "thread.delete": z.strictObject({ threadId: threadIdSchema }),
  };
}

export const replyDataSchemas: { readonly [Type in CommandType]: z.ZodType<ReplyData[Type]> } = {
  "message.send": z.strictObject({
    messageId: messageIdSchema,
    threadId: threadIdSchema,
    runId: runIdSchema,
    sequence,
  }),
  "run.stop": z.strictObject({ runId: runIdSchema, state: z.enum(["stopping", "ended"]) }),
  "approval.answer": z.strictObject({ callId: callIdSchema, decision: z.enum(["approve", "deny"]) }),
  "thread.create": z.strictObject({ threadId: threadIdSchema }),
  "thread.rename": z.strictObject({ threadId: threadIdSchema, title: z.string() }),
  "thread.delete": z.strictObject({ threadId: threadIdSchema }),
};

const toolError = z.strictObject({ code: z.enum(toolErrorCodes), message: z.string() });
const runError = z.strictObject({ code: z.enum(runErrorCodes), message: z.string() });
const step = z.int().min(1);

export const eventDataSchemas: { readonly [Type in EventType]: z.ZodType<EventData[Type]> } = {
  message_accepted: z.strictObject({ messageId: messageIdSchema, commandId: commandIdSchema, text: z.string() }),
  agent_started: z.strictObject({ agent: z.string(), messageId: messageIdSchema }),
  agent_thinking: z.strictObject({ step, text: z.string().optional() }),
  agent_delta: z.strictObject({ step, offset: z.int().min(0), text: z.string() }),
  tool_executing: z.strictObject({ callId: callIdSchema, tool: z.string(), input: z.json() }),
  tool_completed: z.strictObject({
    callId: callIdSchema,
    tool: z.string(),
    outcome: z.enum(["completed", "failed", "denied", "cancelled", "unknown"]),
    output: z.json().optional(),
    error: toolError.optional(),
    durationMs: z.number().min(0),
  }),
  approval_requested: z.strictObject({
    callId: callIdSchema,
    tool: z.string(),
    input: z.json(),
    digest: z.string(),
    expiresAt: instant,
  }),
  approval_answered: z.strictObject({ callId: callIdSchema, decision: z.enum(["approve", "deny"]) }),
  run_stop_requested: z.strictObject({}),
  run_resumed: z.strictObject({ attempt: z.int().min(2), step }),
  agent_completed: z.strictObject({
    outcome: z.enum(["completed", "failed", "cancelled"]),
    message: z.strictObject({ messageId: messageIdSchema, text: z.string() }).optional(),
    error: runError.optional(),
    usage: z
      .strictObject({ inputTokens: z.int().min(0).optional(), outputTokens: z.int().min(0).optional() })
      .optional(),
  }),
  thread_created: z.strictObject({ title: z.string().optional() }),
  thread_renamed: z.strictObject({ title: z.string() }),
  thread_deleted: z.strictObject({}),
  compacted: z.strictObject({ through: sequence }),
};

const envelope = { sequence, threadId: threadIdSchema, at: instant };
const runEvent = <Type extends EventType>(type: Type) =>
  z.strictObject({ ...envelope, type: z.literal(type), runId: runIdSchema, data: eventDataSchemas[type] });
const threadEvent = <Type extends EventType>(type: Type) =>
  z.strictObject({ ...envelope, type: z.literal(type), data: eventDataSchemas[type] });

export const eventSchema = z.discriminatedUnion("type", [
  runEvent("message_accepted"),
  runEvent("agent_started"),
  runEvent("agent_thinking"),
  runEvent("agent_delta"),
  runEvent("tool_executing"),
  runEvent("tool_completed"),
  runEvent("approval_requested"),
  runEvent("approval_answered"),
  runEvent("run_stop_requested"),
  runEvent("run_resumed"),
  runEvent("agent_completed"),
  threadEvent("thread_created"),
  threadEvent("thread_renamed"),
  threadEvent("thread_deleted"),
  threadEvent("compacted"),
]) as unknown as z.ZodType<Event>;

const helloSchema: z.ZodType<HelloFrame> = z.strictObject({
  kind: z.literal("hello"),
  protocol: z.literal(protocolVersion),
  after: cursorSchema.nullable(),
});
const pingSchema: z.ZodType<PingFrame> = z.strictObject({ kind: z.literal("ping") });
/** The envelope of a command; `type` and `data` are for the router, which owns their meaning. */
export const commandEnvelopeSchema = z.strictObject({
  kind: z.literal("command"),
  id: commandIdSchema,
  type: text(64),
  data: z.unknown(),
});
export type CommandEnvelope = z.infer<typeof commandEnvelopeSchema>;
/** A client frame as far as the gateway judges it. */
export const clientFrameSchema = z.discriminatedUnion("kind", [
  helloSchema as unknown as z.ZodObject<{ kind: z.ZodLiteral<"hello"> }>,
  commandEnvelopeSchema,
  pingSchema as unknown as z.ZodObject<{ kind: z.ZodLiteral<"ping"> }>,
]) as unknown as z.ZodType<HelloFrame | CommandEnvelope | PingFrame>;

export const wireErrorSchema = z.strictObject({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.number().min(0).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const limitsSchema = z.strictObject(
  Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, z.int().min(1)])) as Record<LimitName, z.ZodInt>,
) as unknown as z.ZodType<Limits>;

export const serverFrameSchema = z.union([
  z.strictObject({
    kind: z.literal("welcome"),
    protocol: z.literal(protocolVersion),
    connectionId: connectionIdSchema,
    userId: userIdSchema,
    head: cursorSchema,
    heartbeatIntervalMs: z.int().min(1),
    limits: limitsSchema,
  }),
  z.strictObject({
    kind: z.literal("reply"),
    id: commandIdSchema,
    ok: z.literal(true),
    duplicate: z.boolean(),
    data: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ kind: z.literal("reply"), id: commandIdSchema, ok: z.literal(false), error: wireErrorSchema }),
  z.strictObject({ kind: z.literal("events"), events: z.array(eventSchema).min(1), cursor: cursorSchema }),
  z.strictObject({ kind: z.literal("reset"), reason: z.enum(resetReasons), head: cursorSchema }),
  z.strictObject({ kind: z.literal("pong") }),
  z.strictObject({ kind: z.literal("draining"), reconnectAfterMs: z.int().min(0) }),
]) as unknown as z.ZodType<ServerFrame>;
