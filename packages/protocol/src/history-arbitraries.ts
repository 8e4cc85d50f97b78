/**
 * fast-check arbitraries of histories: events that follow from one another as those of a real feed do. The rule of a legal
 * run is written here once more, as moves, and not taken from the state table that it tests. For tests only; not part of
 * the package.
 */
import fc from "fast-check";
import type { ToolOutcome } from "./events.ts";
import {
  type ApprovalDecision,
  type Event,
  type EventData,
  isRunEventType,
  type RunEventType,
  type RunOutcome,
  type ThreadEvent,
} from "./events.ts";
import type { CallId, CommandId, MessageId, RunId, ThreadId } from "./ids.ts";
import { texts } from "./wire-arbitraries.ts";

/** Type and data of an event of a run; what the state table judges. */
export type RunHistoryEvent = {
  [Type in RunEventType]: { readonly type: Type; readonly data: EventData[Type] };
}[RunEventType];

interface Choice {
  readonly move: number;
  readonly variant: number;
  readonly text: string;
}
const choices = fc.record({ move: fc.nat({ max: 1_000 }), variant: fc.nat({ max: 1_000 }), text: texts });

/** What the moves need to know of the run so far. */
interface Walk {
  readonly number: number;
  readonly events: RunHistoryEvent[];
  readonly stepTexts: string[];
  readonly calls: {
    readonly callId: CallId;
    waiting: boolean;
    denied: boolean;
    executing: boolean;
    completed: boolean;
  }[];
  attempt: number;
  stopRequested: boolean;
}

type Move = (text: string, variant: number) => void;

const toolOutcomes: readonly ToolOutcome[] = ["completed", "failed", "denied", "cancelled", "unknown"];
const runOutcomes: readonly RunOutcome[] = ["completed", "failed", "cancelled"];
const decisions: readonly ApprovalDecision[] = ["approve", "deny"];
const picked = <Item>(items: readonly Item[], variant: number): Item => items[variant % items.length] as Item;

/** What may happen next in a run that has been accepted and has not ended, its end excepted. */
function moves(walk: Walk): Move[] {
  const { events, calls, stepTexts } = walk;
  const started = events.some((event) => event.type === "agent_started");
  const possible: Move[] = [];
  if (!walk.stopRequested) {
    possible.push(() => {
      walk.stopRequested = true;
      events.push({ type: "run_stop_requested", data: {} });
    });
  }
  if (!started) {
    possible.push(() => {
      const messageId = `msg_message${walk.number}` as MessageId;
      events.push({ type: "agent_started", data: { agent: "walker", messageId } });
    });
    return possible;
  }
  const step = Math.max(1, stepTexts.length);
  possible.push((text) => {
    const before = stepTexts[step - 1] ?? "";
    events.push({ type: "agent_delta", data: { step, offset: before.length, text } });
    stepTexts[step - 1] = before + text;
  });
  possible.push((_, variant) => {
    const resumed = 1 + (variant % step);
    walk.attempt += 1;
    stepTexts.splice(resumed - 1, step, "");
    events.push({ type: "run_resumed", data: { attempt: walk.attempt, step: resumed } });
  });
  for (const call of calls.filter(({ executing, completed }) => executing && !completed)) {
    possible.push((text, variant) => {
      const outcome = call.denied ? "denied" : picked(toolOutcomes, variant);
      const ended =
        outcome === "completed" ? { output: text } : { error: { code: "tool_failed" as const, message: text } };
      call.completed = true;
      events.push({
        type: "tool_completed",
        data: { callId: call.callId, tool: "walk", outcome, durationMs: variant, ...ended },
      });
    });
  }
  if (walk.stopRequested) return possible;
  possible.push((text) => {
    stepTexts.push("");
    events.push({ type: "agent_thinking", data: { step: stepTexts.length, ...(text === "" ? {} : { text }) } });
  });
  const newCall = (waiting: boolean, input: string) => {
    const callId = `call_run${walk.number}call${calls.length}` as CallId;
    calls.push({ callId, waiting, denied: false, executing: !waiting, completed: false });
    return { callId, tool: "walk", input };
  };
  possible.push((text) => events.push({ type: "tool_executing", data: newCall(false, text) }));
  possible.push((text) => {
    const data = { ...newCall(true, text), digest: "digest", expiresAt: "2026-01-01T00:00:00.000Z" };
    events.push({ type: "approval_requested", data });
  });
  for (const call of calls.filter(({ waiting }) => waiting)) {
    possible.push((_, variant) => {
      const decision = picked(decisions, variant);
      call.waiting = false;
      call.denied = decision === "deny";
      events.push({ type: "approval_answered", data: { callId: call.callId, decision } });
    });
  }
  for (const call of calls.filter(({ waiting, executing }) => !waiting && !executing)) {
    possible.push((text) => {
      call.executing = true;
      events.push({ type: "tool_executing", data: { callId: call.callId, tool: "walk", input: text } });
    });
  }
  return possible;
}

/** The run comes to its end: it begins if it has not, its calls complete, and the whole text stands in its last event. */
function end(walk: Walk, variant: number): void {
  const { events, stepTexts } = walk;
  if (!events.some((event) => event.type === "agent_started")) moves(walk).at(-1)?.("", 0);
  for (const call of walk.calls.filter(({ executing, completed }) => executing && !completed)) {
    const outcome = call.denied ? "denied" : "cancelled";
    events.push({ type: "tool_completed", data: { callId: call.callId, tool: "walk", outcome, durationMs: 0 } });
  }
  const text = stepTexts.filter((stepText) => stepText !== "").join("\n\n");
  const message = { messageId: `msg_answer${walk.number}a` as MessageId, text };
  const data = { outcome: picked(runOutcomes, variant), ...(text === "" ? {} : { message }) };
  events.push({ type: "agent_completed", data });
}

function walked(number: number, steps: readonly Choice[], ends: boolean): RunHistoryEvent[] {
  const walk: Walk = { number, events: [], stepTexts: [], calls: [], attempt: 1, stopRequested: false };
  const first = steps[0]?.text ?? "";
  const messageId = `msg_message${number}` as MessageId;
  walk.events.push({
    type: "message_accepted",
    data: { messageId, commandId: `command${number}` as CommandId, text: first },
  });
  for (const { move, variant, text } of steps) {
    const possible = moves(walk);
    possible[move % possible.length]?.(text, variant);
  }
  if (ends) end(walk, steps.length);
  return walk.events;
}

/** A legal run from its message on; some have ended, some go on. */
export const runHistories: fc.Arbitrary<readonly RunHistoryEvent[]> = fc
  .tuple(fc.array(choices, { maxLength: 30 }), fc.boolean())
  .map(([steps, ends]) => walked(1, steps, ends));

/**
 * The events of one thread, with sequences from 1: runs that overlap, new titles in between, perhaps a deletion, after
 * which the runs still report how they end.
 */
export const threadHistories: fc.Arbitrary<readonly ThreadEvent[]> = fc
  .record({
    runs: fc.array(fc.tuple(fc.array(choices, { maxLength: 20 }), fc.boolean()), { minLength: 1, maxLength: 3 }),
    created: fc.option(fc.option(fc.constantFrom("Travel", "Taxes"), { nil: undefined })),
    renames: fc.array(fc.constantFrom("Taxes", "Ada"), { maxLength: 2 }),
    deletedAfter: fc.option(fc.nat({ max: 60 })),
    order: fc.infiniteStream(fc.nat({ max: 1_000 })),
  })
  .map(({ runs, created, renames, deletedAfter, order }) => {
    const threadId = "thr_thread01" as ThreadId;
    const queues: { runId?: RunId; type: Event["type"]; data: Event["data"] }[][] = runs.map(([steps, ends], index) =>
      walked(index, steps, ends).map((event) => ({ ...event, runId: `run_number0${index}` as RunId })),
    );
    queues.push(renames.map((title) => ({ type: "thread_renamed", data: { title } })));
    // A thread begins with its creation or its first message.
    const merged: (typeof queues)[number] = queues[0]?.splice(0, 1) ?? [];
    for (;;) {
      const waiting = queues.filter((queue) => queue.length > 0);
      const next = picked(waiting, Number(order.next().value))?.shift();
      if (next === undefined) break;
      merged.push(next);
    }
    if (created !== null)
      merged.unshift({ type: "thread_created", data: created === undefined ? {} : { title: created } });
    // No message is accepted, and no title changed, in a thread that was deleted.
    const cut = merged.findLastIndex((event) => !isRunEventType(event.type) || event.type === "message_accepted") + 1;
    if (deletedAfter !== null) {
      merged.splice(Math.min(merged.length, cut + deletedAfter), 0, { type: "thread_deleted", data: {} });
    }
    return merged.map((event, index) => {
      const at = new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString();
      return { sequence: index + 1, threadId, at, ...event } as ThreadEvent;
    });
  });
