/** Bodies of the snapshot requests: projections, each with the cursor it is true at. */
import type { ErrorCode } from "./errors.ts";
import type { Cursor } from "./ids.ts";
import type { ThreadSummary, ThreadView } from "./thread-view.ts";

/** `GET /v1/threads`: newest first, without deleted threads, at most `snapshotThreadsMax`. */
export interface ThreadsSnapshot {
  readonly threads: readonly ThreadSummary[];
  /** True when older threads were left out. */
  readonly more: boolean;
  readonly cursor: Cursor;
}

/** `GET /v1/threads/{threadId}`: the newest `snapshotMessagesMax` runs, or those before `?before=<runId>`. */
export interface ThreadSnapshot {
  readonly thread: ThreadView;
  readonly more: boolean;
  readonly cursor: Cursor;
}

/** Body of an HTTP refusal, RFC 9457 (`application/problem+json`). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}
