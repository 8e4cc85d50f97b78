import { type ErrorCode, errorCodes, type Problem, type WireError } from "@throughline/protocol";

/** A refusal of the server, or a failure to reach it (`not_ready`). The code says what it is, `retryable` what to do. */
export class ThroughlineError extends Error {
  override readonly name = "ThroughlineError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** False when nothing came back, so that nobody knows whether the server did what it was asked. */
  readonly answered: boolean;

  constructor(error: WireError, options: { cause?: unknown; answered?: boolean } = {}) {
    super(error.message, options);
    this.code = error.code;
    this.retryable = error.retryable;
    this.retryAfterMs = error.retryAfterMs;
    this.details = error.details;
    this.answered = options.answered ?? true;
  }

  static unreachable(operation: string, cause?: unknown): ThroughlineError {
    const error = {
      code: "not_ready",
      message: `unable to ${operation}; the server was not reached`,
      retryable: true,
    } as const;
    return new ThroughlineError(error, { cause, answered: false });
  }

  static fromProblem(problem: Problem): ThroughlineError {
    const { code, detail, retryable, retryAfterMs, details } = problem;
    return new ThroughlineError({
      code,
      message: detail,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(details === undefined ? {} : { details }),
    });
  }
}

/** Whether a body is a problem document of ours; a proxy in between may answer with anything. */
export function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && Object.hasOwn(errorCodes, String(body.code));
}
