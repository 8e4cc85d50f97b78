/**
 * What a person sees of their threads, as folds over events: the line in a list and the whole conversation. Server
 * snapshots and clients run this same code, so a snapshot followed by later events equals the fold over everything. Views
 * are immutable: an event that changes nothing returns the same object. Repeats are the reader's to drop, by sequence.
 */
import type { Event, EventOf, ThreadEvent } from "./events.ts";
import type { RunId, ThreadId } from "./ids.ts";
import { advanceRunView, changed, newRunView, type RunView } from "./run-view.ts";

export interface ThreadSummary {
  readonly threadId: ThreadId;
  /** As given, else the beginning of the first message; undefined for a thread without either. */
  readonly title: string | undefined;
  readonly createdAt: string;
  /** When it last got a title, a message or an answer. What runs do in between does not count: lists would never rest. */
  readonly updatedAt: string;
  /** Runs that have not ended, oldest first. */
  readonly openRunIds: readonly RunId[];
}

/** One conversation: its runs in the order in which their messages were accepted. */
export interface ThreadView extends ThreadSummary {
  readonly deleted: boolean;
  readonly runs: readonly RunView[];
}

/**
 * Folds one event of the thread into its line in a list; undefined while there is nothing to list: before the thread's
 * first event and after its deletion.
 */
export function advanceThreadSummary(summary: ThreadSummary | undefined, event: Event): ThreadSummary | undefined {
  if (event.type === "thread_deleted") return undefined;
  if (summary !== undefined) return advanceSummary(summary, event);
  // Nothing else begins a thread; a run that ends after the deletion must not bring it back.
  if (event.type !== "thread_created" && event.type !== "message_accepted") return undefined;
  return advanceSummary(newSummary(event), event);
}

/** Folds one event of the thread into its view; `view` is undefined before the thread's first event. */
export function advanceThreadView(view: ThreadView | undefined, event: ThreadEvent): ThreadView {
  const thread = view ?? { ...newSummary(event), deleted: false, runs: [] };
  if (thread.deleted) return thread;
  if (event.type === "thread_deleted") {
    return { ...thread, title: undefined, updatedAt: event.at, openRunIds: [], deleted: true, runs: [] };
  }
  return changed(advanceSummary(thread, event), { runs: advanceRuns(thread.runs, event) });
}

function newSummary(event: ThreadEvent): ThreadSummary {
  return { threadId: event.threadId, title: undefined, createdAt: event.at, updatedAt: event.at, openRunIds: [] };
}

function advanceSummary<Summary extends ThreadSummary>(summary: Summary, event: Event): Summary {
  switch (event.type) {
    case "thread_created":
    case "thread_renamed":
      return { ...summary, title: event.data.title ?? summary.title, updatedAt: event.at };
    case "message_accepted":
      return {
        ...summary,
        title: summary.title ?? titleFrom(event),
        updatedAt: event.at,
        openRunIds: [...summary.openRunIds, event.runId],
      };
    case "agent_completed":
      return {
        ...summary,
        updatedAt: event.at,
        openRunIds: summary.openRunIds.filter((runId) => runId !== event.runId),
      };
    default:
      return summary;
  }
}

function advanceRuns(runs: readonly RunView[], event: Event): readonly RunView[] {
  if (event.type === "message_accepted") return [...runs, newRunView(event)];
  // Nearly always the newest run. A page of older runs may not hold it.
  const index = runs.findLastIndex((run) => run.runId === event.runId);
  const before = runs[index];
  if (before === undefined) return runs;
  const after = advanceRunView(before, event);
  return after === before ? runs : runs.with(index, after);
}

const titleCharactersFromMessage = 60;

function titleFrom(event: EventOf<"message_accepted">): string {
  const line = event.data.text.trim().replace(/\s+/g, " ");
  const characters = Array.from(line);
  return characters.length <= titleCharactersFromMessage
    ? line
    : `${characters.slice(0, titleCharactersFromMessage - 1).join("")}…`;
}
