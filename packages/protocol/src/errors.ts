/**
 * Every error code that crosses the wire, in a reply, an HTTP problem document or a close. There are no others, and
 * whether to retry is a property of the code, decided here once.
 */
export const errorCodes = {
  bad_frame: { retryable: false, httpStatus: 400 },
  unknown_type: { retryable: false, httpStatus: 400 },
  invalid_data: { retryable: false, httpStatus: 422 },
  unauthenticated: { retryable: false, httpStatus: 401 },
  forbidden: { retryable: false, httpStatus: 403 },
  not_found: { retryable: false, httpStatus: 404 },
  conflict: { retryable: false, httpStatus: 409 },
  idempotency_conflict: { retryable: false, httpStatus: 409 },
  busy: { retryable: true, httpStatus: 409 },
  too_large: { retryable: false, httpStatus: 413 },
  rate_limited: { retryable: true, httpStatus: 429 },
  overloaded: { retryable: true, httpStatus: 503 },
  not_ready: { retryable: true, httpStatus: 503 },
  draining: { retryable: true, httpStatus: 503 },
  internal: { retryable: true, httpStatus: 500 },
} as const satisfies Record<string, { retryable: boolean; httpStatus: number }>;

export type ErrorCode = keyof typeof errorCodes;

/** The error of a refused command, of a problem document (`code` beside the RFC 9457 members) and of a client call. */
export interface WireError {
  readonly code: ErrorCode;
  /** For people: operation, cause, value and limit. Never a secret, never whether a foreign id exists. */
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function wireError(
  code: ErrorCode,
  message: string,
  extra?: { retryAfterMs?: number; details?: Readonly<Record<string, unknown>> },
): WireError {
  return { code, message, retryable: errorCodes[code].retryable, ...extra };
}

/** Why a tool call did not end as `completed`; `error.code` of a `tool_completed` event. */
export const toolErrorCodes = [
  "unknown_tool",
  "not_permitted",
  "invalid_input",
  "input_too_large",
  "rate_limited",
  "too_many_calls",
  "approval_denied",
  "approval_expired",
  "cancelled",
  "deadline_exceeded",
  "tool_failed",
  "invalid_output",
  "output_too_large",
  "outcome_unknown",
] as const;
export type ToolErrorCode = (typeof toolErrorCodes)[number];

/** Why a run did not end as `completed`; `error.code` of an `agent_completed` event. */
export const runErrorCodes = [
  "cancelled",
  "model_unauthorized",
  "model_unavailable",
  "model_failed",
  "agent_failed",
  "agent_unknown",
  "answer_too_large",
  "too_many_steps",
  "deadline_exceeded",
  "attempts_exhausted",
  "quality_rejected",
] as const;
export type RunErrorCode = (typeof runErrorCodes)[number];

export interface ToolError {
  readonly code: ToolErrorCode;
  readonly message: string;
}
export interface RunError {
  readonly code: RunErrorCode;
  readonly message: string;
}
