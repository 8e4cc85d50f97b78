export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** The program was called the wrong way; the message says how. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
