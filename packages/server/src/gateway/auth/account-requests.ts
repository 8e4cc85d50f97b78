/**
 * Which requests reach better-auth, and in what form. It brings more routes, media types and ways of telling where a
 * request comes from than are offered here, and a later version may bring more still; so everything is named.
 */
import { CodedError } from "../../base/coded-error.ts";
import type { OriginCheck } from "./origin-check.ts";
import type { SignInLimit } from "./sign-in-limit.ts";

export const accountsPath = "/api/auth";
/** Where better-auth looks for the client's address: a header that only we set. */
export const addressHeader = "x-throughline-client-address";

/** `attempt`: it takes a password, right or wrong. */
const routes: Readonly<Record<string, "read" | "write" | "attempt">> = {
  "POST /sign-up/email": "attempt",
  "POST /sign-in/email": "attempt",
  "POST /sign-out": "write",
  "POST /change-password": "attempt",
  "GET /get-session": "read",
  "GET /list-sessions": "read",
  "POST /revoke-session": "write",
  "POST /revoke-sessions": "write",
  "POST /revoke-other-sessions": "write",
  "GET /token": "read",
  "GET /jwks": "read",
};
const bodyBytesMax = 16_384;

/**
 * The request that better-auth may answer. Rejects with `not_found`, `forbidden`, `too_large`, `bad_frame` or
 * `rate_limited`.
 */
export async function admitAccountRequest(
  request: Request,
  clientAddress: string,
  { origins, limit }: { readonly origins: OriginCheck; readonly limit: SignInLimit },
): Promise<Request> {
  const { method, url } = request;
  const route = routes[`${method} ${new URL(url).pathname.slice(accountsPath.length)}`];
  if (route === undefined) throw new CodedError("not_found", "unable to find anything at this path");
  const headers = new Headers(request.headers);
  headers.set(addressHeader, clientAddress);
  if (route === "read") return new Request(url, { headers });
  // Programs send neither; a browser sends both, so a page elsewhere cannot act with its visitor's cookie or sign him in.
  if ((headers.has("origin") || headers.has("cookie")) && !origins.admits(headers)) {
    throw new CodedError(
      "forbidden",
      "unable to change anything about the account; the request comes from another origin",
    );
  }
  const body = await readJson(request);
  headers.delete("content-length");
  if (route === "attempt") limit.take(clientAddress, emailOf(body));
  return new Request(url, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
}

/** The body; undefined when there is none. JSON only: what a form can send, a page elsewhere can send. */
async function readJson(request: Request): Promise<unknown> {
  let bytes = 0;
  const parts: Uint8Array[] = [];
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bodyBytesMax) {
      throw new CodedError("too_large", `unable to read the request; its body exceeds ${bodyBytesMax} bytes`);
    }
    parts.push(part);
  }
  if (bytes === 0) return undefined;
  try {
    if (!/^application\/json *(;|$)/i.test(request.headers.get("content-type") ?? "")) throw new TypeError("no JSON");
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new CodedError("bad_frame", "unable to read the request; its body is JSON and says so");
  }
}

function emailOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("email" in body)) return undefined;
  return typeof body.email === "string" ? body.email : undefined;
}
