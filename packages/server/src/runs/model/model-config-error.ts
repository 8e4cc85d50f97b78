/** A model setting that can not work; the message says what to change. Found at start-up, never in the middle of a run. */
export class ModelConfigError extends Error {
  override readonly name = "ModelConfigError";

  /** `reason` ends with what to do. */
  constructor(reason: string, options?: { readonly cause?: unknown }) {
    super(`unable to choose a model; ${reason}`, options);
  }
}
