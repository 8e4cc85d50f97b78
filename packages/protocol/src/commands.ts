/** Every command: what a client sends and what the reply carries. */
import type { ApprovalDecision } from "./events.ts";
import type { AlertId, CallId, MessageId, RunId, ThreadId } from "./ids.ts";
import type { AgentQuality, AlertState, ContentType, QualityAlert, QualityScope, QualityVerdict } from "./quality.ts";

/** What to do with a message for a thread whose run has not ended: wait, stop the run first, or refuse with `busy`. */
export type OnBusy = "queue" | "interrupt" | "reject";

export interface CommandData {
  "message.send": { readonly threadId?: ThreadId; readonly text: string; readonly onBusy?: OnBusy };
  "run.stop": { readonly runId: RunId };
  "approval.answer": { readonly callId: CallId; readonly digest: string; readonly decision: ApprovalDecision };
  "thread.create": { readonly title?: string };
  "thread.rename": { readonly threadId: ThreadId; readonly title: string };
  "thread.delete": { readonly threadId: ThreadId };
  "quality.validate": {
    readonly text: string;
    readonly contentType?: ContentType;
    readonly question?: string;
    readonly strict?: boolean;
  };
  "quality.metrics": { readonly scope?: QualityScope; readonly agent?: string; readonly windowHours?: number };
  "quality.report": { readonly scope?: QualityScope; readonly period: "day" | "week" };
  "quality.subscribe": { readonly scope?: QualityScope };
  "quality.unsubscribe": { readonly scope?: QualityScope };
  "quality.acknowledge": { readonly alertId: AlertId };
  "quality.resolve": { readonly alertId: AlertId };
}

export interface ReplyData {
  /** `sequence` is that of the `message_accepted` event. */
  "message.send": {
    readonly messageId: MessageId;
    readonly threadId: ThreadId;
    readonly runId: RunId;
    readonly sequence: number;
  };
  /** `stopping`: asked for and durable, the run ends within twice `stopGraceMs`, or when its turn comes. `ended`: it had ended before. */
  "run.stop": { readonly runId: RunId; readonly state: "stopping" | "ended" };
  /** The decision that counts: the first answer's, whoever gave it. */
  "approval.answer": { readonly callId: CallId; readonly decision: ApprovalDecision };
  "thread.create": { readonly threadId: ThreadId };
  "thread.rename": { readonly threadId: ThreadId; readonly title: string };
  "thread.delete": { readonly threadId: ThreadId };
  "quality.validate": { readonly verdict: QualityVerdict };
  /** Figures over the last `windowHours`, and the alerts that nobody has resolved, newest first. */
  "quality.metrics": {
    readonly scope: QualityScope;
    readonly windowHours: number;
    readonly agents: readonly AgentQuality[];
    readonly alerts: readonly QualityAlert[];
  };
  /** `markdown` says in words what `agents` and `alerts` hold; these alerts are those that changed in the period. */
  "quality.report": {
    readonly scope: QualityScope;
    readonly period: "day" | "week";
    readonly from: string;
    readonly to: string;
    readonly markdown: string;
    readonly agents: readonly AgentQuality[];
    readonly alerts: readonly QualityAlert[];
  };
  "quality.subscribe": { readonly scope: QualityScope; readonly subscribed: boolean };
  "quality.unsubscribe": { readonly scope: QualityScope; readonly subscribed: boolean };
  /** The state that the alert has now: `resolved` when somebody was quicker. */
  "quality.acknowledge": { readonly alertId: AlertId; readonly state: AlertState };
  "quality.resolve": { readonly alertId: AlertId; readonly state: AlertState };
}

export type CommandType = keyof CommandData;

export const commandTypes = [
  "message.send",
  "run.stop",
  "approval.answer",
  "thread.create",
  "thread.rename",
  "thread.delete",
  "quality.validate",
  "quality.metrics",
  "quality.report",
  "quality.subscribe",
  "quality.unsubscribe",
  "quality.acknowledge",
  "quality.resolve",
] as const satisfies readonly CommandType[];
