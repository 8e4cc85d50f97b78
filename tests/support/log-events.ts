/** Events as a log takes them, and the plainest ways to put them into one. For tests of whatever reads or writes a log. */
import type {
  CallId,
  CommandId,
  EventData,
  JsonValue,
  MessageId,
  RunId,
  ThreadId,
  UserId,
} from "@throughline/protocol";
import type { Append, Log } from "../../packages/server/src/log/log.ts";
import { readFeed } from "../../packages/server/src/log/read-feed.ts";
import type { NewEvent, StoredEvent } from "../../packages/server/src/log/stored-event.ts";
import { scoreText } from "../../packages/server/src/quality/score-text.ts";

const body = (number: number) => String(number).padStart(8, "0");

export const feedOf = (number: number) => `user${number}` as UserId;
export const threadOf = (number: number) => `thr_${body(number)}` as ThreadId;
export const runOf = (number: number) => `run_${body(number)}` as RunId;
export const callOf = (number: number) => `call_${body(number)}` as CallId;

/** An event that belongs to no run: the cheapest thing that a feed can hold. */
export function renamed(title: string, thread = 1): NewEvent {
  return { type: "thread_renamed", threadId: threadOf(thread), data: { title } };
}

export function deleted(thread = 1): NewEvent {
  return { type: "thread_deleted", threadId: threadOf(thread), data: {} };
}

/** The events of one run, each made when a test needs it. The run has a thread of its own unless it is given one. */
export function runEvents(number: number, thread = number) {
  const place = { threadId: threadOf(thread), runId: runOf(number) };
  const messageId = `msg_${body(number)}` as MessageId;
  return {
    ...place,
    accepted: (text = "hello"): NewEvent => ({
      type: "message_accepted",
      ...place,
      data: { messageId, commandId: `command${number}` as CommandId, text },
    }),
    started: (): NewEvent => ({ type: "agent_started", ...place, data: { agent: "tester", messageId } }),
    thinking: (step: number): NewEvent => ({ type: "agent_thinking", ...place, data: { step } }),
    delta: (text: string, offset = 0, secret?: JsonValue): NewEvent => ({
      type: "agent_delta",
      ...place,
      data: { step: 1, offset, text },
      ...(secret === undefined ? {} : { private: secret }),
    }),
    executing: (call: number, secret?: JsonValue): NewEvent => ({
      type: "tool_executing",
      ...place,
      data: { callId: callOf(call), tool: "add", input: { a: 1 } },
      ...(secret === undefined ? {} : { private: secret }),
    }),
    executed: (call: number): NewEvent => ({
      type: "tool_completed",
      ...place,
      data: { callId: callOf(call), tool: "add", outcome: "completed", output: 2, durationMs: 1 },
    }),
    approvalRequested: (call: number, expiresAt = "2026-01-01T00:00:00.000Z"): NewEvent => ({
      type: "approval_requested",
      ...place,
      data: { callId: callOf(call), tool: "add", input: { a: 1 }, digest: `digest${call}`, expiresAt },
    }),
    approvalAnswered: (call: number, decision: EventData["approval_answered"]["decision"]): NewEvent => ({
      type: "approval_answered",
      ...place,
      data: { callId: callOf(call), decision },
    }),
    stopRequested: (): NewEvent => ({ type: "run_stop_requested", ...place, data: {} }),
    resumed: (attempt: number): NewEvent => ({ type: "run_resumed", ...place, data: { attempt, step: 1 } }),
    judged: (): NewEvent => ({
      type: "quality_verdict",
      ...place,
      data: { round: 1, gate: "annotate", verdict: scoreText({ text: "done", contentType: "general" }) },
    }),
    completed: (text = "done"): NewEvent => ({
      type: "agent_completed",
      ...place,
      data: { outcome: "completed", message: { messageId: `msg_${body(number)}a` as MessageId, text } },
    }),
  };
}

/** Appends at whatever the head is, again when somebody else was faster. Throws on any other outcome. */
export async function appendAtHead(
  log: Log,
  feed: UserId,
  events: readonly NewEvent[],
  extra: Pick<Append, "key" | "lease"> = {},
): Promise<readonly StoredEvent[]> {
  for (;;) {
    const { head } = await log.bounds(feed);
    const result = await log.append(feed, { expectedHead: head, events, ...extra });
    if (result.kind === "appended") return result.events;
    if (result.kind !== "conflict") throw new Error(`unable to append; the log says ${result.kind}`);
  }
}

/** Everything that can be read after `after`. */
export async function readAll(log: Log, feed: UserId, after = 0): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of readFeed(log, feed, after)) for (const stored of page) events.push(stored);
  return events;
}
