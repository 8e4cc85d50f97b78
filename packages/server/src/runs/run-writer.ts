import type {
  ApprovalDecision,
  CallId,
  EventData,
  JsonValue,
  RunErrorCode,
  RunEventType,
  RunOutcome,
  ToolError,
  ToolOutcome,
  Usage,
} from "@throughline/protocol";
import type { IdSource } from "../base/id-source.ts";
import type { FeedState } from "../log/feed-state.ts";
import type { Decision, Feeds, Transaction } from "../log/feeds.ts";
import type { ClaimedRun } from "../log/log.ts";
import type { NewEvent } from "../log/stored-event.ts";
import { RunAbort, type RunAbortReason } from "./run-abort.ts";

/** An event of a run, before the writer says whose it is. */
export type RunEvent = {
  [Type in Exclude<RunEventType, "message_accepted" | "run_stop_requested">]: {
    readonly type: Type;
    readonly data: EventData[Type];
    readonly private?: JsonValue;
  };
}[Exclude<RunEventType, "message_accepted" | "run_stop_requested">];

/** How a run ends. */
export interface RunEnding {
  readonly outcome: RunOutcome;
  readonly text: string;
  readonly error?: { readonly code: RunErrorCode; readonly message: string };
  readonly usage?: Usage;
  /** How calls end that are still executing: a stop cancelled them, or nobody can know. */
  readonly openCalls: { readonly outcome: Extract<ToolOutcome, "cancelled" | "unknown">; readonly error: ToolError };
}

/** Why a decision appends nothing. */
type Refusal = "stopped" | "closed";

/** Events that begin something; they are refused once stop was asked for. */
const beginnings: ReadonlySet<RunEventType> = new Set<RunEventType>([
  "agent_thinking",
  "tool_executing",
  "approval_requested",
]);

/**
 * The pen of one attempt of a run: everything that the run says passes through here, under its lease. The first append
 * that may not happen ends the attempt, and says why through `onAbort`.
 */
export class RunWriter {
  readonly #feeds: Feeds;
  readonly #ids: IdSource;
  readonly #run: ClaimedRun;
  readonly #lease: { readonly lease: ClaimedRun };
  readonly #onAbort: (reason: RunAbortReason, cause?: unknown) => void;
  /** Names of called tools, to close calls that are still open when the run ends. */
  readonly #tools = new Map<CallId, string>();
  /** Why nothing can be appended any more. */
  #closed: { readonly reason: RunAbortReason; readonly cause?: unknown } | undefined;

  constructor(options: {
    readonly feeds: Feeds;
    readonly ids: IdSource;
    readonly run: ClaimedRun;
    /** Calls that earlier attempts have begun. */
    readonly calls: Iterable<{ readonly callId: CallId; readonly tool: string }>;
    /** `cause`: what the storage said. */
    onAbort(reason: RunAbortReason, cause?: unknown): void;
  }) {
    this.#feeds = options.feeds;
    this.#ids = options.ids;
    this.#run = options.run;
    this.#lease = { lease: options.run };
    this.#onAbort = options.onAbort;
    for (const { callId, tool } of options.calls) this.#tools.set(callId, tool);
  }

  /**
   * Begins the attempt. It is `stale` when an event of the run came after `readThrough`, the sequence up to which its
   * history was read: an append of an earlier attempt that was on its way when the run was taken over. An attempt that does
   * not know of it would do again what was done.
   */
  begin(event: RunEvent, readThrough: number): Promise<void> {
    return this.#transact((state) => {
      const newest = state.runs.get(this.#run.runId)?.newest ?? 0;
      if (newest <= readThrough) return { events: [this.#own(event)] };
      // At once: what the agent has appended meanwhile is decided next, and must not happen without this.
      this.close("stale");
      return { refusal: "closed" };
    });
  }

  /** Durable when it resolves; rejects with a `RunAbort` when the attempt is over. Appends take effect in call order. */
  append(events: readonly RunEvent[]): Promise<void> {
    for (const event of events) {
      if (event.type === "tool_executing") this.#tools.set(event.data.callId, event.data.tool);
    }
    const begins = events.some((event) => beginnings.has(event.type));
    return this.#transact((state) => {
      if (begins && state.runs.get(this.#run.runId)?.phase === "stopping") return { refusal: "stopped" };
      return { events: events.map((event) => this.#own(event)) };
    });
  }

  /** Denies a call that nobody has answered; resolves with the decision that counts. */
  async expireApproval(callId: CallId): Promise<ApprovalDecision | "expired"> {
    let decision: ApprovalDecision | "expired" = "expired";
    await this.#transact((state) => {
      if (state.runs.get(this.#run.runId)?.phase === "stopping") return { refusal: "stopped" };
      const answered = state.approvals.get(callId)?.decision;
      decision = answered ?? "expired";
      if (answered !== undefined) return { events: [] };
      return { events: [this.#own({ type: "approval_answered", data: { callId, decision: "deny" } })] };
    });
    return decision;
  }

  /** Closes open calls and ends the run, in one append; `begin` first when it never began. */
  async end(ending: RunEnding, begin: RunEvent | undefined): Promise<void> {
    await this.#transact((state) => {
      const run = state.runs.get(this.#run.runId);
      const events: NewEvent[] = begin === undefined ? [] : [this.#own(begin)];
      for (const [callId, phase] of run?.calls ?? []) {
        if (phase !== "executing" && phase !== "refused") continue;
        const { outcome, error } = ending.openCalls;
        const tool = this.#tools.get(callId) ?? "";
        const how = phase === "refused" ? ("denied" as const) : outcome;
        events.push(this.#own({ type: "tool_completed", data: { callId, tool, outcome: how, error, durationMs: 0 } }));
      }
      const message = ending.text === "" ? {} : { message: { messageId: this.#ids.messageId(), text: ending.text } };
      const { outcome, error, usage } = ending;
      const data = { outcome, ...message, ...(error && { error }), ...(usage && { usage }) };
      events.push(this.#own({ type: "agent_completed", data }));
      return { events };
    });
  }

  /** Nothing can be appended after this. */
  close(reason: RunAbortReason): void {
    this.#closed ??= { reason };
  }

  #own(event: RunEvent): NewEvent {
    return { ...event, threadId: this.#run.threadId, runId: this.#run.runId } as NewEvent;
  }

  #transact(decide: (state: FeedState) => Decision<Refusal>): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new RunAbort(this.#closed.reason, this.#closed));
    // Asked again when it is decided: what was begun before the pen was closed must not be written after it.
    const whileOpen = (state: FeedState): Decision<Refusal> =>
      this.#closed === undefined ? decide(state) : { refusal: "closed" };
    return this.#feeds.transact(this.#run.feed, this.#lease, whileOpen).then(this.#judge, this.#fail);
  }

  readonly #fail = (error: unknown): never => {
    throw this.#abort("storage", error);
  };

  readonly #judge = (result: Transaction<Refusal>): void => {
    switch (result.kind) {
      case "appended":
        return;
      case "fenced":
        throw this.#abort("fenced");
      case "refused":
        if (this.#closed !== undefined) throw this.#abort(this.#closed.reason);
        // Stopping is no end of the pen: what executes may still say how it ended.
        this.#onAbort("stopped");
        throw new RunAbort("stopped");
      case "illegal":
      case "duplicate":
        throw new Error(result.kind === "illegal" ? result.reason : "unable to append; a run has no keys");
    }
  };

  #abort(reason: RunAbortReason, cause?: unknown): RunAbort {
    this.#closed ??= { reason, cause };
    this.#onAbort(reason, cause);
    return new RunAbort(this.#closed.reason, this.#closed);
  }
}
