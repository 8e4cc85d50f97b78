/** Every command: what a client sends and what the reply carries. */
import type { ApprovalDecision } from "./events.ts";
import type { CallId, MessageId, RunId, ThreadId } from "./ids.ts";

/** What to do with a message for a thread whose run has not ended: wait, stop the run first, or refuse with `busy`. */
export type OnBusy = "queue" | "interrupt" | "reject";

export interface CommandData {
  "message.send": { readonly threadId?: ThreadId; readonly text: string; readonly onBusy?: OnBusy };
  "run.stop": { readonly runId: RunId };
  "approval.answer": { readonly callId: CallId; readonly digest: string; readonly decision: ApprovalDecision };
  "thread.create": { readonly title?: string };
  "thread.rename": { readonly threadId: ThreadId; readonly title: string };
  "thread.delete": { readonly threadId: ThreadId };
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
}

export type CommandType = keyof CommandData;

export const commandTypes = [
  "message.send",
  "run.stop",
  "approval.answer",
  "thread.create",
  "thread.rename",
  "thread.delete",
] as const satisfies readonly CommandType[];
