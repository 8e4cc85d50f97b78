import type { WireError } from "@throughline/protocol";

/**
 * What became of an old call, in full. Old signatures report less; nothing that they report says more than this: zero
 * recipients are never a success, and stored is not delivered.
 */
export type Outcome =
  /** Durable. `connections`: live connections of the user when it was stored; each gets it, and later ones can read it. */
  | { readonly kind: "stored"; readonly connections: number; readonly reply?: unknown }
  /** A piece of text that its run has taken: stored within `deltaIntervalMs`, or the run fails visibly. */
  | { readonly kind: "taken"; readonly connections: number }
  /** Nothing happened. */
  | { readonly kind: "refused"; readonly error: Pick<WireError, "code" | "message"> }
  /** Nobody can know whether it happened; with `retry` the same call with the same id finds out. */
  | { readonly kind: "failed"; readonly error: Pick<WireError, "code" | "message">; readonly retry: boolean };

/** Is it a code after which nobody knows whether the command took effect? */
export function leavesUnknown(code: string): boolean {
  return code === "internal" || code === "not_ready";
}

/** What an error in a reply says about the command. */
export function outcomeOf(error: WireError): Outcome {
  return leavesUnknown(error.code) ? { kind: "failed", error, retry: error.retryable } : { kind: "refused", error };
}
