/**
 * Which requests reach better-auth, and in what form. It brings more routes, media types and ways of telling where a
 * request comes from than are offered here, and a later version may bring more still; so everything is named.
 */
import { CodedError } from "../../base/coded-error.ts";
import { readBody } from "../read-body.ts";
import type { OriginCheck } from "./origin-check.ts";
import type { SignInLimit } from "./sign-in-limit.ts";

export const accountsPath = "/api/auth";
/** Where better-auth looks for the client's address: a header that only we set. */
export const addressHeader = "x-throughline-client-address";

interface AccountRoute {
  /** `attempt`: it takes a password, right or wrong. */
  readonly does: "read" | "write" | "attempt";
  /** What its body may hold. */
  readonly fields: readonly string[];
}

const routes: Readonly<Record<string, AccountRoute>> = {
  "POST /sign-up/email": { does: "attempt", fields: ["name", "email", "password", "rememberMe"] },
  "POST /sign-in/email": { does: "attempt", fields: ["email", "password", "rememberMe"] },
  "POST /sign-out": { does: "write", fields: [] },
  "POST /change-password": { does: "attempt", fields: ["currentPassword", "newPassword", "revokeOtherSessions"] },
  "GET /get-session": { does: "read", fields: [] },
  "GET /list-sessions": { does: "read", fields: [] },
  "POST /revoke-session": { does: "write", fields: ["token"] },
  "POST /revoke-sessions": { does: "write", fields: [] },
  "POST /revoke-other-sessions": { does: "write", fields: [] },
  "GET /token": { does: "read", fields: [] },
  "GET /jwks": { does: "read", fields: [] },
};
const bodyBytesMax = 16_384;

/**
 * The request that better-auth may answer. Rejects with `not_found`, `forbidden`, `too_large`, `bad_frame`, `invalid_data`
 * or `rate_limited`.
 */
export async function admitAccountRequest(
  request: Request,
  clientAddress: string,
  {
    origins,
    limit,
    signUp,
  }: { readonly origins: OriginCheck; readonly limit: SignInLimit; readonly signUp: "open" | "closed" },
): Promise<Request> {
  const { method, url } = request;
  const { origin, pathname } = new URL(url);
  const path = pathname.slice(accountsPath.length);
  // No route takes a query, and better-auth would look for addresses in one.
  const target = `${origin}${pathname}`;
  const route = routes[`${method} ${path}`];
  if (route === undefined) throw new CodedError("not_found", "unable to find anything at this path");
  if (signUp === "closed" && path === "/sign-up/email") {
    throw new CodedError("forbidden", "unable to sign up; this server takes no new accounts");
  }
  const headers = new Headers(request.headers);
  headers.set(addressHeader, clientAddress);
  if (route.does === "read") return new Request(target, { headers });
  // Programs send neither; a browser sends both, so a page elsewhere cannot act with its visitor's cookie or sign him in.
  if ((headers.has("origin") || headers.has("cookie")) && !origins.admits(headers)) {
    throw new CodedError(
      "forbidden",
      "unable to change anything about the account; the request comes from another origin",
    );
  }
  const body = await readJson(request);
  headers.delete("content-length");
  if (route.does === "attempt") limit.take(clientAddress, emailOf(body));
  checkFields(route, body);
  return new Request(target, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
}

/** The body; undefined when there is none. JSON only: what a form can send, a page elsewhere can send. */
async function readJson(request: Request): Promise<unknown> {
  const body = await readBody(request, bodyBytesMax);
  if (body.length === 0) return undefined;
  try {
    if (!/^application\/json *(;|$)/i.test(request.headers.get("content-type") ?? "")) throw new TypeError("no JSON");
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new CodedError("bad_frame", "unable to read the request; its body is JSON and says so");
  }
}

/** What is no object at all, better-auth refuses in its own words. */
function checkFields({ fields }: AccountRoute, body: unknown): void {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return;
  const strange = Object.keys(body).find((name) => !fields.includes(name));
  if (strange === undefined) return;
  const expected = fields.length === 0 ? "nothing" : fields.join(", ");
  throw new CodedError("invalid_data", `unable to read the request; its body may hold ${expected}, and nothing else`);
}

function emailOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("email" in body)) return undefined;
  return typeof body.email === "string" ? body.email : undefined;
}
