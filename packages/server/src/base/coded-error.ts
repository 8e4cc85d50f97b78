import { type ErrorCode, type WireError, wireError } from "@throughline/protocol";

/**
 * A refusal with a wire code. The message starts with the code so that logs are readable; `cause` is for logs and never
 * leaves the server.
 */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** `reason` is for people and crosses the wire: operation, cause, value and limit; never a secret. */
  constructor(
    code: ErrorCode,
    reason: string,
    extra: { retryAfterMs?: number; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(`${code}: ${reason}`, { cause: extra.cause });
    this.name = "CodedError";
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = extra.retryAfterMs;
    this.details = extra.details;
  }

  toWire(): WireError {
    return wireError(this.code, this.reason, {
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.details === undefined ? {} : { details: this.details }),
    });
  }
}

/** The coded form of anything thrown; what is not coded becomes `internal` without its text, which may hold secrets. */
export function toCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError("internal", "unable to complete the request; the server failed", { cause: error });
}
