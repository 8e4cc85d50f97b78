/** What no answer may contain, whatever was asked. */

/** Codes of PROTOCOL.md. */
const codes = new Set([
  "bad_frame",
  "unknown_type",
  "invalid_data",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  "idempotency_conflict",
  "busy",
  "too_large",
  "rate_limited",
  "overloaded",
  "not_ready",
  "draining",
]);

/** Places in a program: a trace, a file of ours or of Node, a statement of a database. */
const inner = /\n\s+at |node:internal|\/packages\/|\/node_modules\/|file:\/\/|SQLITE_|SELECT .* FROM /;

/** Throws when the code of an error is none, or is `internal`: nothing that comes from outside may be our fault. */
export function checkError(error: { readonly code?: unknown; readonly message?: unknown }, about: string): void {
  if (!codes.has(String(error.code))) throw new Error(`an error of code ${String(error.code)} to ${about}`);
  checkText(String(error.message), about);
}

export function checkText(text: string, about: string): void {
  if (inner.test(text)) throw new Error(`an answer that shows the inside to ${about}: ${text.slice(0, 300)}`);
}

/** Of an input, what fits into a message. */
export function shown(input: string): string {
  return JSON.stringify(input.slice(0, 300));
}
