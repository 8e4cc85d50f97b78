/** Nothing could be measured: no deployment, no credential, no room. Ends `verify` with exit code 2. */
export class MeasureError extends Error {
  override readonly name = "MeasureError";
}

/** The credentials that were given have come to their end while it was measured. */
export class CredentialEnd extends MeasureError {}

/** Why one journey failed, and which line of the report that concerns. */
export class JourneyFailure extends Error {
  override readonly name = "JourneyFailure";
  readonly line: FailureLine;
  constructor(line: FailureLine, message: string) {
    super(message);
    this.line = line;
  }
}

/** `observed`: the observer has a finding of it. `reliability`: no other line than that every journey has to succeed. */
export type FailureLine = "reliability" | "observed" | "five-events" | "stored" | "hostile-ids" | "stop";
