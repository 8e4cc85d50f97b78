/**
 * Why an attempt of a run may not go on. `stopped` and `deadline` end the run; after the others it is somebody else's, or
 * goes on later, and this attempt may say nothing more.
 */
export type RunAbortReason = "stopped" | "deadline" | "fenced" | "stale" | "storage" | "drained";

/** Thrown out of every durable primitive once the attempt is over. */
export class RunAbort extends Error {
  override readonly name = "RunAbort";
  readonly reason: RunAbortReason;
  constructor(reason: RunAbortReason, options?: { cause?: unknown }) {
    super(`unable to go on with the run; ${reason}`, options);
    this.reason = reason;
  }

  /** True when the run is to be ended by this attempt. */
  get ends(): boolean {
    return this.reason === "stopped" || this.reason === "deadline";
  }
}
