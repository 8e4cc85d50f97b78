/** Explained in docs/errors.md. */
export const startErrorCodes = [
  "port_in_use",
  "data_locked",
  "data_unwritable",
  "data_damaged",
  "bad_model",
  "bad_option",
] as const;
export type StartErrorCode = (typeof startErrorCodes)[number];

/** Why a server could not start; `advice` says what to do about it. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;
  readonly advice: string;

  constructor(code: StartErrorCode, message: string, advice: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.advice = advice;
  }
}
