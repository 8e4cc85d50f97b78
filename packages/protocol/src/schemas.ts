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
  type AlertId,
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
import {
  alertSeverities,
  alertStates,
  contentTypes,
  measureNames,
  qualityIssueCodes,
  qualityLevels,
  qualityScopes,
  qualityTrends,
} from "./quality.ts";

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
export const alertIdSchema = id<AlertId>(idPatterns.alert);
export const cursorSchema = z
  .string()
  .refine((value) => parseCursor(value) !== undefined, { error: "is not a cursor" }) as unknown as z.ZodType<Cursor>;

const sequence = z.int().min(1);
const instant = z.iso.datetime({ precision: 3 });

const figure = z.number().min(0);
const qualityScope = z.enum(qualityScopes);
const alertState = z.enum(alertStates);
const contentType = z.enum(contentTypes);
const issueCode = z.enum(qualityIssueCodes);
export const qualityVerdictSchema = z.strictObject({
  contentType,
  strict: z.boolean(),
  passed: z.boolean(),
  score: figure,
  level: z.enum(qualityLevels),
  scores: z.record(z.enum(measureNames), figure),
  genericPhrases: figure,
  circularReasoning: z.boolean(),
  hallucinationRisk: figure,
  redundancy: figure,
  counts: z.strictObject({ words: figure, sentences: figure, numbers: figure }),
  issues: z.array(z.strictObject({ code: issueCode, message: z.string() })),
  suggestions: z.array(z.string()),
  judgement: z
    .strictObject({ outcome: z.enum(["passed", "rejected", "skipped", "failed"]), reason: z.string() })
    .optional(),
});
export const qualityAlertSchema = z.strictObject({
  alertId: alertIdSchema,
  scope: qualityScope,
  agent: z.string(),
  state: alertState,
  severity: z.enum(alertSeverities),
  occurrences: z.int().min(1),
  score: figure,
  contentType,
  issues: z.array(issueCode),
  openedAt: instant,
  changedAt: instant,
});
export const agentQualitySchema = z.strictObject({
  agent: z.string(),
  verdicts: z.int().min(1),
  passed: z.int().min(0),
  blocked: z.int().min(0),
  average: figure,
  median: figure,
  minimum: figure,
  maximum: figure,
  deviation: figure,
  levels: z.record(z.enum(qualityLevels), z.int().min(0)),
  issues: z.partialRecord(issueCode, z.int().min(1)),
  trend: z.enum(qualityTrends),
});
const subscription = z.strictObject({ scope: qualityScope, subscribed: z.boolean() });
const changedAlert = z.strictObject({ alertId: alertIdSchema, state: alertState });

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
    "quality.validate": z.strictObject({
      text: text(limits.messageTextCharactersMax),
      contentType: contentType.optional(),
      question: text(limits.messageTextCharactersMax).optional(),
      strict: z.boolean().optional(),
    }),
    "quality.metrics": z.strictObject({
      scope: qualityScope.optional(),
      agent: text(64).optional(),
      windowHours: z.int().min(1).max(limits.qualityWindowHoursMax).optional(),
    }),
    "quality.report": z.strictObject({ scope: qualityScope.optional(), period: z.enum(["day", "week"]) }),
    "quality.subscribe": z.strictObject({ scope: qualityScope.optional() }),
    "quality.unsubscribe": z.strictObject({ scope: qualityScope.optional() }),
    "quality.acknowledge": z.strictObject({ alertId: alertIdSchema }),
    "quality.resolve": z.strictObject({ alertId: alertIdSchema }),
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
  "quality.validate": z.strictObject({ verdict: qualityVerdictSchema }),
  "quality.metrics": z.strictObject({
    scope: qualityScope,
    windowHours: z.int().min(1),
    agents: z.array(agentQualitySchema),
    alerts: z.array(qualityAlertSchema),
  }),
  "quality.report": z.strictObject({
    scope: qualityScope,
    period: z.enum(["day", "week"]),
    from: instant,
    to: instant,
    markdown: z.string(),
    agents: z.array(agentQualitySchema),
    alerts: z.array(qualityAlertSchema),
  }),
  "quality.subscribe": subscription,
  "quality.unsubscribe": subscription,
  "quality.acknowledge": changedAlert,
  "quality.resolve": changedAlert,
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
  quality_verdict: z.strictObject({
    round: z.int().min(1),
    gate: z.enum(["annotate", "block"]),
    verdict: qualityVerdictSchema,
  }),
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
  quality_alert: qualityAlertSchema,
  quality_update: z.strictObject({ subscription: subscription.optional(), alert: changedAlert.optional() }),
  compacted: z.strictObject({ through: sequence }),
};

const userEnvelope = { sequence, at: instant };
const envelope = { ...userEnvelope, threadId: threadIdSchema };
const runEvent = <Type extends EventType>(type: Type) =>
  z.strictObject({ ...envelope, type: z.literal(type), runId: runIdSchema, data: eventDataSchemas[type] });
const threadEvent = <Type extends EventType>(type: Type) =>
  z.strictObject({ ...envelope, type: z.literal(type), data: eventDataSchemas[type] });

const userEvent = <Type extends EventType>(type: Type) =>
  z.strictObject({ ...userEnvelope, type: z.literal(type), data: eventDataSchemas[type] });

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
  runEvent("quality_verdict"),
  runEvent("agent_completed"),
  threadEvent("thread_created"),
  threadEvent("thread_renamed"),
  threadEvent("thread_deleted"),
  userEvent("quality_alert"),
  userEvent("quality_update"),
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
