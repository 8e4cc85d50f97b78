import { errorCodes, type Problem, type WireError } from "@throughline/protocol";
import { toCodedError } from "../base/coded-error.ts";

/** An error as RFC 9457 says it; `code` is the same as in frames. */
export function problemOf(error: WireError): Problem {
  const { code, message, ...rest } = error;
  return {
    type: `urn:throughline:error:${code}`,
    title: code.replaceAll("_", " "),
    status: errorCodes[code].httpStatus,
    detail: message,
    code,
    ...rest,
  };
}

/** The response to a refused request; anything that is not a coded error says no more than `internal`. */
export function problemResponse(error: unknown): Response {
  const wire = toCodedError(error).toWire();
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  if (wire.retryAfterMs !== undefined) headers.set("retry-after", String(Math.ceil(wire.retryAfterMs / 1_000)));
  // What is left of the body is not read, so nothing else can be asked on this connection; clients have to be told.
  if (wire.code === "too_large") headers.set("connection", "close");
  if (wire.code === "unauthenticated") headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify(problemOf(wire)), { status: errorCodes[wire.code].httpStatus, headers });
}
