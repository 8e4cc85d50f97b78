/**
 * What a failed model call means to the person who waits for it: one code, one sentence, and whether it may help to ask
 * again. Texts of providers are passed on only where they explain a refused request, and never with anything that looks
 * like a key or an address.
 */
import type { RunErrorCode } from "@throughline/protocol";
import { APICallError, InvalidResponseDataError, NoOutputGeneratedError, StreamProviderError } from "ai";

export interface ModelFailure {
  readonly code: Extract<
    RunErrorCode,
    "model_unauthorized" | "model_unavailable" | "model_failed" | "answer_too_large"
  >;
  /** For people: "unable to get an answer from the model; <reason>". */
  readonly message: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How long the provider asked to wait, as its headers say it. */
  readonly retryAfterMs?: number;
  /** For logs: names and codes of the errors behind it. Not the errors, which carry the whole conversation. */
  readonly diagnosis?: string;
}

export function modelFailure(
  code: ModelFailure["code"],
  reason: string,
  extra: { readonly retryable: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown },
): ModelFailure {
  return {
    code,
    message: `unable to get an answer from the model; ${reason}`,
    retryable: extra.retryable,
    ...(extra.retryAfterMs === undefined ? {} : { retryAfterMs: extra.retryAfterMs }),
    ...(extra.cause === undefined ? {} : { diagnosis: diagnosis(extra.cause) }),
  };
}

/** The connection ended, or the provider stopped, before it said that the answer is complete. */
export function cutFailure(cause?: unknown): ModelFailure {
  return modelFailure("model_unavailable", "the answer broke off before its end", { retryable: true, cause });
}

/** The failure behind whatever the SDK threw or put into its stream. `now` reads dates in `retry-after`. */
export function failureOf(error: unknown, now: number): ModelFailure {
  if (APICallError.isInstance(error)) return callFailure(error, now);
  if (StreamProviderError.isInstance(error)) return streamFailure(error);
  if (isCut(error)) return cutFailure(error);
  return notUnderstood(error);
}

/** The request got no answer, or an answer that is not a stream, or the connection was lost while the stream was read. */
function callFailure(error: APICallError, now: number): ModelFailure {
  const { statusCode, responseHeaders } = error;
  const code = networkCode(error);
  if (statusCode === undefined) {
    const reason = `no connection to it${code === undefined ? "" : ` (${code})`}`;
    return modelFailure("model_unavailable", reason, { retryable: true, cause: error });
  }
  if (statusCode < 400) return code === undefined ? notUnderstood(error) : cutFailure(error);
  const data = error.data as { error?: { code?: unknown; type?: unknown } } | undefined;
  return statusFailure({
    status: statusCode,
    // Without parsed data the SDK's message may be the whole body of a proxy's error page.
    text: data === undefined ? "" : error.message,
    kind: data?.error?.code ?? data?.error?.type,
    retryAfterMs: retryAfter(responseHeaders, now),
    cause: error,
  });
}

/** The provider reported an error inside the stream. */
function streamFailure(error: StreamProviderError): ModelFailure {
  const { statusCode, message, code, isRetryable } = error;
  if (statusCode !== undefined) return statusFailure({ status: statusCode, text: message, kind: code, cause: error });
  return modelFailure("model_failed", `it reported an error${quoted(message)}`, {
    retryable: isRetryable,
    cause: error,
  });
}

function isCut(error: unknown): boolean {
  if (networkCode(error) !== undefined) return true;
  // The response ended properly on the wire, but without the word that it is complete.
  if (NoOutputGeneratedError.isInstance(error)) return true;
  return InvalidResponseDataError.isInstance(error) && error.data === undefined;
}

function notUnderstood(cause: unknown): ModelFailure {
  return modelFailure("model_failed", "it answered in a form that is not understood", { retryable: false, cause });
}

interface StatusFailure {
  readonly status: number;
  readonly text: string;
  /** The provider's own code, such as `insufficient_quota`. */
  readonly kind: unknown;
  readonly retryAfterMs?: number | undefined;
  readonly cause: unknown;
}

function statusFailure({ status, text, kind, retryAfterMs, cause }: StatusFailure): ModelFailure {
  if (status === 401 || status === 403) {
    // The text is left out: providers repeat parts of the key in it.
    const reason = `it refused the credential (status ${status}); check the key of the model`;
    return modelFailure("model_unauthorized", reason, { retryable: false, cause });
  }
  if (status === 402 || kind === "insufficient_quota") {
    return modelFailure("model_unavailable", `its account has no quota left (status ${status})`, {
      retryable: false,
      cause,
    });
  }
  if (status === 429) {
    return modelFailure("model_unavailable", "it takes no more requests for now (status 429)", {
      retryable: true,
      retryAfterMs,
      cause,
    });
  }
  if (status === 408 || status === 409 || status >= 500) {
    return modelFailure("model_unavailable", `it is not able to answer for now (status ${status})`, {
      retryable: true,
      retryAfterMs,
      cause,
    });
  }
  if (status === 404) {
    const reason = `neither the model nor the address is known to it (status 404)${quoted(text)}`;
    return modelFailure("model_failed", reason, { retryable: false, cause });
  }
  const reason = `it refused the request (status ${status})${quoted(text)}`;
  return modelFailure("model_failed", reason, { retryable: false, cause });
}

/** `ECONNREFUSED` and the like, wherever in the chain of causes it is. */
function networkCode(error: unknown): string | undefined {
  return chainOf(error)
    .map(codeOf)
    .find((code) => code !== undefined && /^(E[A-Z]{3,}|UND_ERR_[A-Z_]+)$/.test(code));
}

function diagnosis(error: unknown): string {
  const chain = chainOf(error);
  if (chain.length === 0) return typeof error;
  return chain.map((link) => [link.name, codeOf(link)].filter((text) => text !== undefined).join(" ")).join(" < ");
}

const causesMax = 8;

function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < causesMax; link = link.cause) chain.push(link);
  return chain;
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

function retryAfter(headers: Record<string, string> | undefined, now: number): number | undefined {
  const milliseconds = Number.parseFloat(headers?.["retry-after-ms"] ?? "");
  if (milliseconds >= 0) return milliseconds;
  const given = headers?.["retry-after"];
  if (given === undefined) return undefined;
  const delayMs = /^\s*[\d.]+\s*$/.test(given) ? Number.parseFloat(given) * 1_000 : Date.parse(given) - now;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}

const quoteCharactersMax = 300;
const secretLooks = [
  /\bhttps?:\/\/\S+/gi,
  /\bbearer\s+\S+/gi,
  /\b(?:sk|pk|rk|gsk|xai|key|api[-_]?key)[-_=:]\s*[\w*.-]{6,}/gi,
  // A long run of letters and digits; names of models have hyphens in them.
  /[A-Za-z0-9+/_=]{32,}/g,
];

function quoted(text: string): string {
  let clean = text;
  for (const look of secretLooks) clean = clean.replace(look, "[removed]");
  clean = clean.replace(/\s+/g, " ").trim();
  if (clean === "") return "";
  return `: "${clean.length > quoteCharactersMax ? `${clean.slice(0, quoteCharactersMax)}…` : clean}"`;
}
