import type { RunId, ThreadEvent, ThreadId } from "@throughline/protocol";
import { StoredEvent } from "./stored-event.ts";

/** Result of one compaction: the same history, shorter, with every sequence accounted for. */
export interface Compaction {
  readonly events: readonly StoredEvent[];
  readonly eventsRemoved: number;
  /** False when `events` is what went in. */
  readonly changed: boolean;
  /** No run that was still open has an event up to here, so a later compaction need not look at it again. */
  readonly settledThrough: number;
}

/**
 * Removes what no reader needs once a run has ended (its deltas: the answer stands in `agent_completed`; its private
 * parts: recovery is over) and what nobody may read any more (threads that were deleted). Each unbroken stretch of
 * removed events becomes one `compacted` event, and neighbouring ones become one.
 */
export function compactEvents(events: readonly StoredEvent[]): Compaction {
  const ended = new Set<RunId>();
  const deleted = new Set<ThreadId>();
  for (const stored of events) {
    if (stored.type === "agent_completed") {
      const { runId } = stored.event;
      if (runId !== undefined) ended.add(runId);
    } else if (stored.type === "thread_deleted") {
      deleted.add((stored.event as ThreadEvent).threadId);
    }
  }
  const kept: StoredEvent[] = [];
  let stretch: StoredEvent[] = [];
  let eventsRemoved = 0;
  let changed = false;
  let firstOpen = Number.POSITIVE_INFINITY;
  const closeStretch = () => {
    const [first, last] = [stretch[0], stretch.at(-1)];
    if (first === undefined || last === undefined) return;
    // One `compacted` event alone stays as it is, so that compacting twice changes nothing.
    if (first === last && first.type === "compacted") kept.push(first);
    else {
      // Nothing is removed but what belongs to a thread.
      const { threadId, at } = first.event as ThreadEvent;
      const data = { through: last.lastSequence };
      kept.push(StoredEvent.encode({ type: "compacted", threadId, data }, first.sequence, at));
      eventsRemoved += stretch.length;
      changed = true;
    }
    stretch = [];
  };
  for (const stored of events) {
    if (isRemovable(stored, ended, deleted)) {
      stretch.push(stored);
      continue;
    }
    closeStretch();
    const { runId } = stored.event;
    const open = runId !== undefined && !ended.has(runId);
    if (open) firstOpen = Math.min(firstOpen, stored.sequence);
    if (stored.privateText === undefined || open) kept.push(stored);
    else {
      changed = true;
      kept.push(StoredEvent.decode(stored.text, undefined));
    }
  }
  closeStretch();
  const settledThrough = Math.min(firstOpen - 1, events.at(-1)?.lastSequence ?? 0);
  return { events: kept, eventsRemoved, changed, settledThrough };
}

function isRemovable(stored: StoredEvent, ended: ReadonlySet<RunId>, deleted: ReadonlySet<ThreadId>): boolean {
  if (stored.type === "compacted") return true;
  const { runId, threadId } = stored.event;
  if (runId !== undefined && !ended.has(runId)) return false;
  if (stored.type === "agent_delta") return true;
  return stored.type !== "thread_deleted" && threadId !== undefined && deleted.has(threadId);
}
