/** `failed`: it could not be done. `usage`: the command line or a variable makes no sense, so nothing was tried. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** The program was called the wrong way; the message says what is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
