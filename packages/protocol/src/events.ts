/** Every event of a feed as it crosses the wire. One place; PROTOCOL.md says the same in words. */
import type { RunError, ToolError } from "./errors.ts";
import type { AlertId, CallId, CommandId, MessageId, RunId, ThreadId } from "./ids.ts";
import type { AlertState, QualityAlert, QualityScope, QualityVerdict } from "./quality.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type ToolOutcome = "completed" | "failed" | "denied" | "cancelled" | "unknown";
export type RunOutcome = "completed" | "failed" | "cancelled";
export type ApprovalDecision = "approve" | "deny";

/** What a run has used, as reported by its model. Tokens; absent when the model does not say. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** `data` of each event type. */
export interface EventData {
  /** A person's message is stored. The event's `runId` is the run that answers it. */
  message_accepted: { readonly messageId: MessageId; readonly commandId: CommandId; readonly text: string };
  agent_started: { readonly agent: string; readonly messageId: MessageId };
  /** Start of a model step. Steps count from 1. */
  agent_thinking: { readonly step: number; readonly text?: string };
  /** A piece of the step's text; `offset` in UTF-16 units from the start of the step's text. */
  agent_delta: { readonly step: number; readonly offset: number; readonly text: string };
  tool_executing: { readonly callId: CallId; readonly tool: string; readonly input: JsonValue };
  tool_completed: {
    readonly callId: CallId;
    readonly tool: string;
    readonly outcome: ToolOutcome;
    readonly output?: JsonValue;
    readonly error?: ToolError;
    readonly durationMs: number;
  };
  approval_requested: {
    readonly callId: CallId;
    readonly tool: string;
    readonly input: JsonValue;
    /** Hash of tool and input; an answer must repeat it, so nobody approves what they have not seen. */
    readonly digest: string;
    readonly expiresAt: string;
  };
  approval_answered: { readonly callId: CallId; readonly decision: ApprovalDecision };
  /** Stop was asked for; from here on no model or tool call of the run starts. */
  run_stop_requested: Readonly<Record<never, never>>;
  /** A worker took the run over; deltas of `step` and of later steps so far are void. `attempt` counts from 2. */
  run_resumed: { readonly attempt: number; readonly step: number };
  /**
   * The answer, or with the gate `block` one that was withheld, has been judged. `round` counts from 1; the agent is asked
   * to revise until a round passes or there are no more.
   */
  quality_verdict: { readonly round: number; readonly gate: "annotate" | "block"; readonly verdict: QualityVerdict };
  /** Last event of a run. */
  agent_completed: {
    readonly outcome: RunOutcome;
    readonly message?: { readonly messageId: MessageId; readonly text: string };
    readonly error?: RunError;
    readonly usage?: Usage;
  };
  thread_created: { readonly title?: string };
  thread_renamed: { readonly title: string };
  thread_deleted: Readonly<Record<never, never>>;
  /** Of a subscriber: answers of an agent have begun not to pass. */
  quality_alert: QualityAlert;
  /** What the user subscribes to has changed, or what they were alerted of. Exactly one of the two is there. */
  quality_update: {
    readonly subscription?: { readonly scope: QualityScope; readonly subscribed: boolean };
    readonly alert?: { readonly alertId: AlertId; readonly state: AlertState };
  };
  /** Stands for the sequences from its own to `through`, which compaction removed. */
  compacted: { readonly through: number };
}

export type EventType = keyof EventData;

/** Events that belong to a run; the others have no `runId`. */
export const runEventTypes = [
  "message_accepted",
  "agent_started",
  "agent_thinking",
  "agent_delta",
  "tool_executing",
  "tool_completed",
  "approval_requested",
  "approval_answered",
  "run_stop_requested",
  "run_resumed",
  "quality_verdict",
  "agent_completed",
] as const satisfies readonly EventType[];
export type RunEventType = (typeof runEventTypes)[number];

export const threadEventTypes = [
  "thread_created",
  "thread_renamed",
  "thread_deleted",
] as const satisfies readonly EventType[];

/** Events about the user and not about a thread: they have no `threadId`. */
export const userEventTypes = ["quality_alert", "quality_update"] as const satisfies readonly EventType[];
export type UserEventType = (typeof userEventTypes)[number];

export const eventTypes = [
  ...runEventTypes,
  ...threadEventTypes,
  ...userEventTypes,
  "compacted",
] as const satisfies readonly EventType[];

/** The five events that every consumer of an agent expects, in the order of a run. */
export const lifecycleEventTypes = [
  "agent_started",
  "agent_thinking",
  "tool_executing",
  "tool_completed",
  "agent_completed",
] as const satisfies readonly EventType[];

/** What every event carries around its data. */
interface EventEnvelope<Type extends EventType> {
  /** Place in the feed: starts at 1, no gaps except those that a `compacted` event accounts for. */
  readonly sequence: number;
  readonly type: Type;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly data: EventData[Type];
}

/** One event of type `Type`; `runId` is there exactly when it belongs to a run, `threadId` unless it is about the user. */
export type EventOf<Type extends EventType> = EventEnvelope<Type> & EventPlace<Type>;

/** Where an event of type `Type` belongs. */
export type EventPlace<Type extends EventType> = (Type extends UserEventType
  ? { readonly threadId?: undefined }
  : { readonly threadId: ThreadId }) &
  (Type extends RunEventType ? { readonly runId: RunId } : { readonly runId?: undefined });

/** Any event; switching over `type` narrows `data`. */
export type Event = { [Type in EventType]: EventOf<Type> }[EventType];

/** Any event that belongs to a thread. */
export type ThreadEvent = Exclude<Event, { readonly type: UserEventType }>;

export function isUserEventType(type: EventType): type is UserEventType {
  return (userEventTypes as readonly EventType[]).includes(type);
}

export function isRunEventType(type: EventType): type is RunEventType {
  return (runEventTypes as readonly EventType[]).includes(type);
}
