/**
 * fast-check arbitraries of everything that crosses the wire: each value is valid, nothing more is promised. Histories in
 * which one event follows from another are in `history-arbitraries.ts`. For tests only; not part of the package.
 */
import fc from "fast-check";
import type { CommandData, CommandType, ReplyData } from "./commands.ts";
import { formatCursor } from "./cursor.ts";
import { type ErrorCode, errorCodes, runErrorCodes, toolErrorCodes, type WireError } from "./errors.ts";
import {
  type Event,
  type EventData,
  type EventType,
  eventTypes,
  isRunEventType,
  isUserEventType,
  type JsonValue,
} from "./events.ts";
import {
  type ClientFrame,
  type CommandFrame,
  protocolVersion,
  type ReplyFrame,
  resetReasons,
  type ServerFrame,
} from "./frames.ts";
import type { AlertId, CallId, CommandId, ConnectionId, Cursor, MessageId, RunId, ThreadId, UserId } from "./ids.ts";
import { idPrefixes } from "./ids.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import {
  type AgentQuality,
  alertSeverities,
  alertStates,
  contentTypes,
  measureNames,
  type QualityAlert,
  type QualityVerdict,
  qualityIssueCodes,
  qualityLevels,
  qualityScopes,
  qualityTrends,
} from "./quality.ts";

const lettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const characters = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const minted = <Id extends string>(prefix: string) =>
  characters(lettersAndDigits, 8, 40).map((body) => `${prefix}_${body}` as Id);

export const threadIds = minted<ThreadId>(idPrefixes.thread);
export const runIds = minted<RunId>(idPrefixes.run);
export const messageIds = minted<MessageId>(idPrefixes.message);
export const callIds = minted<CallId>(idPrefixes.call);
export const connectionIds = minted<ConnectionId>(idPrefixes.connection);
export const alertIds = minted<AlertId>(idPrefixes.alert);
export const commandIds = characters(`${lettersAndDigits}_-`, 1, 64) as fc.Arbitrary<CommandId>;
/** No underscore: a user id must not look like an id that the server mints. */
export const userIds = fc
  .tuple(characters(lettersAndDigits, 1, 1), characters(`${lettersAndDigits}.:@|+=/-`, 0, 199))
  .map(([first, rest]) => (first + rest) as UserId);
export const epochs = characters("abcdefghijklmnopqrstuvwxyz0123456789", 4, 32);
const cursors: fc.Arbitrary<Cursor> = fc
  .tuple(epochs, fc.maxSafeNat())
  .map(([epoch, sequence]) => formatCursor(epoch, sequence));

/** Any text that UTF-8 can carry, with astral characters, controls and right-to-left marks. */
export const texts = fc.string({ unit: "binary", maxLength: 40 });
const visibleTexts = texts.filter((text) => text.trim() !== "");
const titles = visibleTexts.map((text) => text.trim());
const jsonValues = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
const names = characters(`${lettersAndDigits}_-`, 1, 64);
const instants = fc
  .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
const sequences = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const counts = fc.maxSafeNat();
const steps = fc.integer({ min: 1, max: 1_000 });
const decisions = fc.constantFrom("approve", "deny");
const durations = fc.double({ min: 0, max: 1e9, noNaN: true }).map(Math.abs);

const figures = fc.double({ min: 0, max: 1, noNaN: true });
const scopes = fc.constantFrom(...qualityScopes);
const states = fc.constantFrom(...alertStates);
const issueCodes = fc.constantFrom(...qualityIssueCodes);
/** A record with every one of these keys. */
const figuresOf = <Key extends string>(keys: readonly Key[], value: fc.Arbitrary<number>) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, value]))) as fc.Arbitrary<Record<Key, number>>;
const verdicts: fc.Arbitrary<QualityVerdict> = fc.record(
  {
    contentType: fc.constantFrom(...contentTypes),
    strict: fc.boolean(),
    passed: fc.boolean(),
    score: figures,
    level: fc.constantFrom(...qualityLevels),
    scores: figuresOf(measureNames, figures),
    genericPhrases: fc.nat(),
    circularReasoning: fc.boolean(),
    hallucinationRisk: figures,
    redundancy: figures,
    counts: figuresOf(["words", "sentences", "numbers"], fc.nat()),
    issues: fc.array(fc.record({ code: issueCodes, message: texts }), { maxLength: 3 }),
    suggestions: fc.array(texts, { maxLength: 3 }),
    judgement: fc.record({ outcome: fc.constantFrom("passed", "rejected", "skipped", "failed"), reason: texts }),
  },
  {
    requiredKeys: [
      "contentType",
      "strict",
      "passed",
      "score",
      "level",
      "scores",
      "genericPhrases",
      "circularReasoning",
      "hallucinationRisk",
      "redundancy",
      "counts",
      "issues",
      "suggestions",
    ],
  },
);
const alerts: fc.Arbitrary<QualityAlert> = fc.record({
  alertId: alertIds,
  scope: scopes,
  agent: names,
  state: states,
  severity: fc.constantFrom(...alertSeverities),
  occurrences: fc.integer({ min: 1, max: 1_000 }),
  score: figures,
  contentType: fc.constantFrom(...contentTypes),
  issues: fc.array(issueCodes, { maxLength: 3 }),
  openedAt: instants,
  changedAt: instants,
});
const agentQualities: fc.Arbitrary<AgentQuality> = fc.record({
  agent: names,
  verdicts: fc.integer({ min: 1, max: 1_000 }),
  passed: fc.nat(),
  blocked: fc.nat(),
  average: figures,
  median: figures,
  minimum: figures,
  maximum: figures,
  deviation: figures,
  levels: figuresOf(qualityLevels, fc.nat()),
  issues: fc.dictionary(issueCodes, fc.integer({ min: 1, max: 1_000 }), { maxKeys: 3 }),
  trend: fc.constantFrom(...qualityTrends),
});
const subscriptions = fc.record({ scope: scopes, subscribed: fc.boolean() });
const changedAlerts = fc.record({ alertId: alertIds, state: states });

const eventDataArbitraries: { readonly [Type in EventType]: fc.Arbitrary<EventData[Type]> } = {
  message_accepted: fc.record({ messageId: messageIds, commandId: commandIds, text: texts }),
  agent_started: fc.record({ agent: names, messageId: messageIds }),
  agent_thinking: fc.record({ step: steps, text: texts }, { requiredKeys: ["step"] }),
  agent_delta: fc.record({ step: steps, offset: counts, text: texts }),
  tool_executing: fc.record({ callId: callIds, tool: names, input: jsonValues }),
  tool_completed: fc.record(
    {
      callId: callIds,
      tool: names,
      outcome: fc.constantFrom("completed", "failed", "denied", "cancelled", "unknown"),
      output: jsonValues,
      error: fc.record({ code: fc.constantFrom(...toolErrorCodes), message: texts }),
      durationMs: durations,
    },
    { requiredKeys: ["callId", "tool", "outcome", "durationMs"] },
  ),
  approval_requested: fc.record({
    callId: callIds,
    tool: names,
    input: jsonValues,
    digest: names,
    expiresAt: instants,
  }),
  approval_answered: fc.record({ callId: callIds, decision: decisions }),
  run_stop_requested: fc.constant({}),
  run_resumed: fc.record({ attempt: fc.integer({ min: 2, max: 100 }), step: steps }),
  agent_completed: fc.record(
    {
      outcome: fc.constantFrom("completed", "failed", "cancelled"),
      message: fc.record({ messageId: messageIds, text: texts }),
      error: fc.record({ code: fc.constantFrom(...runErrorCodes), message: texts }),
      usage: fc.record({ inputTokens: counts, outputTokens: counts }, { requiredKeys: [] }),
    },
    { requiredKeys: ["outcome"] },
  ),
  thread_created: fc.record({ title: titles }, { requiredKeys: [] }),
  thread_renamed: fc.record({ title: titles }),
  thread_deleted: fc.constant({}),
  quality_verdict: fc.record({ round: steps, gate: fc.constantFrom("annotate", "block"), verdict: verdicts }),
  quality_alert: alerts,
  quality_update: fc.oneof(fc.record({ subscription: subscriptions }), fc.record({ alert: changedAlerts })),
  compacted: fc.record({ through: sequences }),
};

/** One event of the type, as it looks on the wire: without keys that stand for nothing. */
export function eventsOfType(type: EventType): fc.Arbitrary<Event> {
  const envelope = { sequence: sequences, type: fc.constant(type), at: instants };
  const thread = isUserEventType(type) ? {} : { threadId: threadIds };
  const data: fc.Arbitrary<EventData[EventType]> = eventDataArbitraries[type];
  const run = isRunEventType(type) ? { runId: runIds } : {};
  return fc.record({ ...envelope, ...thread, ...run, data }) as fc.Arbitrary<Event>;
}
export const events: fc.Arbitrary<Event> = fc.oneof(...eventTypes.map(eventsOfType));

export const commandDataArbitraries: { readonly [Type in CommandType]: fc.Arbitrary<CommandData[Type]> } = {
  "message.send": fc.record(
    { threadId: threadIds, text: visibleTexts, onBusy: fc.constantFrom("queue", "interrupt", "reject") },
    { requiredKeys: ["text"] },
  ),
  "run.stop": fc.record({ runId: runIds }),
  "approval.answer": fc.record({ callId: callIds, digest: names, decision: decisions }),
  "thread.create": fc.record({ title: titles }, { requiredKeys: [] }),
  "thread.rename": fc.record({ threadId: threadIds, title: titles }),
  "thread.delete": fc.record({ threadId: threadIds }),
  "quality.validate": fc.record(
    { text: texts, contentType: fc.constantFrom(...contentTypes), question: texts, strict: fc.boolean() },
    { requiredKeys: ["text"] },
  ),
  "quality.metrics": fc.record(
    { scope: scopes, agent: names, windowHours: fc.integer({ min: 1, max: 744 }) },
    { requiredKeys: [] },
  ),
  "quality.report": fc.record({ scope: scopes, period: fc.constantFrom("day", "week") }, { requiredKeys: ["period"] }),
  "quality.subscribe": fc.record({ scope: scopes }, { requiredKeys: [] }),
  "quality.unsubscribe": fc.record({ scope: scopes }, { requiredKeys: [] }),
  "quality.acknowledge": fc.record({ alertId: alertIds }),
  "quality.resolve": fc.record({ alertId: alertIds }),
};

export const replyDataArbitraries: { readonly [Type in CommandType]: fc.Arbitrary<ReplyData[Type]> } = {
  "message.send": fc.record({ messageId: messageIds, threadId: threadIds, runId: runIds, sequence: sequences }),
  "run.stop": fc.record({ runId: runIds, state: fc.constantFrom("stopping", "ended") }),
  "approval.answer": fc.record({ callId: callIds, decision: decisions }),
  "thread.create": fc.record({ threadId: threadIds }),
  "thread.rename": fc.record({ threadId: threadIds, title: titles }),
  "thread.delete": fc.record({ threadId: threadIds }),
  "quality.validate": fc.record({ verdict: verdicts }),
  "quality.metrics": fc.record({
    scope: scopes,
    windowHours: fc.integer({ min: 1, max: 744 }),
    agents: fc.array(agentQualities, { maxLength: 2 }),
    alerts: fc.array(alerts, { maxLength: 2 }),
  }),
  "quality.report": fc.record({
    scope: scopes,
    period: fc.constantFrom("day", "week"),
    from: instants,
    to: instants,
    markdown: texts,
    agents: fc.array(agentQualities, { maxLength: 2 }),
    alerts: fc.array(alerts, { maxLength: 2 }),
  }),
  "quality.subscribe": subscriptions,
  "quality.unsubscribe": subscriptions,
  "quality.acknowledge": changedAlerts,
  "quality.resolve": changedAlerts,
};

const commandFrames: fc.Arbitrary<CommandFrame> = fc.oneof(
  ...Object.entries(commandDataArbitraries).map(
    ([type, data]) =>
      fc.record({
        kind: fc.constant("command"),
        id: commandIds,
        type: fc.constant(type),
        data: data as fc.Arbitrary<unknown>,
      }) as fc.Arbitrary<CommandFrame>,
  ),
);

export const clientFrameArbitraries: {
  readonly [Kind in ClientFrame["kind"]]: fc.Arbitrary<Extract<ClientFrame, { kind: Kind }>>;
} = {
  hello: fc.record({
    kind: fc.constant("hello"),
    protocol: fc.constant(protocolVersion),
    after: fc.option(cursors, { nil: null }),
  }),
  command: commandFrames,
  ping: fc.constant({ kind: "ping" }),
};
export const clientFrames: fc.Arbitrary<ClientFrame> = fc.oneof(...Object.values(clientFrameArbitraries));

const wireErrors: fc.Arbitrary<WireError> = fc.record(
  {
    code: fc.constantFrom(...(Object.keys(errorCodes) as ErrorCode[])),
    message: texts,
    retryable: fc.boolean(),
    retryAfterMs: counts,
    details: fc.dictionary(names, jsonValues, { maxKeys: 3 }),
  },
  { requiredKeys: ["code", "message", "retryable"] },
);
const replyFrames: fc.Arbitrary<ReplyFrame> = fc.oneof(
  fc.record({
    kind: fc.constant("reply"),
    id: commandIds,
    ok: fc.constant(true),
    duplicate: fc.boolean(),
    data: fc.oneof(...Object.values(replyDataArbitraries)) as fc.Arbitrary<ReplyData[CommandType]>,
  }),
  fc.record({ kind: fc.constant("reply"), id: commandIds, ok: fc.constant(false), error: wireErrors }),
);
const limits = fc.record(
  Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, fc.integer({ min: 1 })])),
) as unknown as fc.Arbitrary<Limits>;

export const serverFrameArbitraries: {
  readonly [Kind in ServerFrame["kind"]]: fc.Arbitrary<Extract<ServerFrame, { kind: Kind }>>;
} = {
  welcome: fc.record({
    kind: fc.constant("welcome"),
    protocol: fc.constant(protocolVersion),
    connectionId: connectionIds,
    userId: userIds,
    head: cursors,
    heartbeatIntervalMs: fc.integer({ min: 1 }),
    limits,
  }),
  reply: replyFrames,
  events: fc.record({
    kind: fc.constant("events"),
    events: fc.array(events, { minLength: 1, maxLength: 5 }),
    cursor: cursors,
  }),
  reset: fc.record({ kind: fc.constant("reset"), reason: fc.constantFrom(...resetReasons), head: cursors }),
  pong: fc.constant({ kind: "pong" }),
  draining: fc.record({ kind: fc.constant("draining"), reconnectAfterMs: counts }),
};
export const serverFrames: fc.Arbitrary<ServerFrame> = fc.oneof(...Object.values(serverFrameArbitraries));
