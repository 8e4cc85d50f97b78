import {
  type ApprovalDecision,
  advanceRun,
  type CallId,
  type Event,
  type MessageId,
  newRunState,
  type RunEventType,
  type RunId,
  type RunState,
  runRefusal,
  type ThreadId,
} from "@throughline/protocol";
import type { NewEvent } from "./stored-event.ts";

export interface ThreadState {
  readonly threadId: ThreadId;
  deleted: boolean;
  /** Runs that have not ended, oldest first. */
  readonly openRuns: RunId[];
}

/** A run as decisions need it: the state of the table, and where it belongs. */
export interface FeedRun extends RunState {
  readonly threadId: ThreadId;
  readonly messageId: MessageId;
  /** Sequence of its `message_accepted`: recovery reads from here. */
  readonly sequence: number;
  /** Sequence of its newest event. */
  newest: number;
}

export interface ApprovalState {
  readonly callId: CallId;
  readonly runId: RunId;
  readonly threadId: ThreadId;
  readonly digest: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  decision: ApprovalDecision | undefined;
}

type FoldedEvent = NewEvent | Event;

/**
 * What decisions about one feed are made from: a fold over its events, kept at the newest sequence that was given out.
 * It is also the append gate: an event that the state table calls illegal is not folded, and not appended.
 */
export class FeedState {
  head = 0;
  readonly threads = new Map<ThreadId, ThreadState>();
  /** Without those that have ended in deleted threads. */
  readonly runs = new Map<RunId, FeedRun>();
  /** Approvals that were answered, and those of runs that have not ended. */
  readonly approvals = new Map<CallId, ApprovalState>();

  /** Why these events may not follow, or undefined when they may. Changes nothing. */
  refusal(events: readonly NewEvent[]): string | undefined {
    const [only] = events;
    // Nearly every append is one event, which needs no trial: nothing follows from it here.
    if (events.length === 1 && only?.runId !== undefined) {
      const state = this.runs.get(only.runId) ?? newRunState(only.runId);
      return runRefusal(state, { type: only.type as RunEventType, data: only.data });
    }
    const trial = new Map<RunId, RunState>();
    for (const event of events) {
      if (event.runId === undefined) continue;
      let state = trial.get(event.runId);
      if (state === undefined) {
        const known = this.runs.get(event.runId);
        state = known === undefined ? newRunState(event.runId) : { ...known, calls: new Map(known.calls) };
        trial.set(event.runId, state);
      }
      const refusal = advanceRun(state, { type: event.type as RunEventType, data: event.data });
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Folds an event that is legal here; an illegal one is a mistake of ours and throws. */
  apply(event: FoldedEvent, sequence: number): void {
    this.head = event.type === "compacted" ? event.data.through : sequence;
    switch (event.type) {
      case "compacted":
        return;
      case "thread_created":
      case "thread_renamed":
        this.#thread(event.threadId);
        return;
      case "thread_deleted":
        this.#thread(event.threadId).deleted = true;
        this.#forgetEnded(event.threadId);
        return;
      case "message_accepted":
        // A second one is refused below, like any event that is illegal here.
        if (this.runs.has(event.runId)) break;
        this.#thread(event.threadId).openRuns.push(event.runId);
        this.runs.set(event.runId, {
          ...newRunState(event.runId),
          threadId: event.threadId,
          messageId: event.data.messageId,
          sequence,
          newest: sequence,
        });
        break;
      case "approval_requested":
        this.approvals.set(event.data.callId, {
          callId: event.data.callId,
          runId: event.runId,
          threadId: event.threadId,
          digest: event.data.digest,
          expiresAt: Date.parse(event.data.expiresAt),
          decision: undefined,
        });
        break;
      case "approval_answered": {
        const approval = this.approvals.get(event.data.callId);
        if (approval !== undefined) approval.decision = event.data.decision;
        break;
      }
    }
    if (event.runId === undefined) return;
    const run = this.runs.get(event.runId);
    // The beginning of a run may be gone, with its thread or by retention; then nobody may append to it either.
    if (run === undefined) return;
    const refusal = advanceRun(run, { type: event.type, data: event.data });
    if (refusal !== undefined) throw new Error(`unable to fold sequence ${sequence}; ${refusal}`);
    run.newest = sequence;
    if (run.phase === "ended") this.#endRun(run);
  }

  #endRun(run: FeedRun): void {
    const open = this.#thread(run.threadId).openRuns;
    const index = open.indexOf(run.runId);
    if (index >= 0) open.splice(index, 1);
    for (const [callId, approval] of this.approvals) {
      if (approval.runId === run.runId && approval.decision === undefined) this.approvals.delete(callId);
    }
    if (this.#thread(run.threadId).deleted) this.#forgetEnded(run.threadId);
  }

  /**
   * Of a deleted thread nothing is asked any more once its runs have ended: as after compaction, which removes them from the feed.
   * A feed that is always in use would otherwise remember every run that it ever had.
   */
  #forgetEnded(threadId: ThreadId): void {
    for (const run of this.runs.values()) {
      if (run.threadId === threadId && run.phase === "ended") this.runs.delete(run.runId);
    }
    for (const approval of this.approvals.values()) {
      if (approval.threadId === threadId && !this.runs.has(approval.runId)) this.approvals.delete(approval.callId);
    }
  }

  #thread(threadId: ThreadId): ThreadState {
    let thread = this.threads.get(threadId);
    if (thread === undefined) {
      thread = { threadId, deleted: false, openRuns: [] };
      this.threads.set(threadId, thread);
    }
    return thread;
  }
}
