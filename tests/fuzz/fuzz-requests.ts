/** HTTP requests of every route with methods, paths, queries, headers and bodies that do not belong together. */
import { Agent, request } from "node:http";
import type { Random } from "../simulation/random.ts";
import { checkError, checkText, shown } from "./answers.ts";
import type { FuzzedServer } from "./fuzz-commands.ts";
import { isAcceptable } from "./good-commands.ts";
import { hostileValue, mutatedObject } from "./hostile-values.ts";

const atOnce = 16;
const answerMsMax = 20_000;
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"];
const paths = [
  "/",
  "/livez",
  "/readyz",
  "/metrics",
  "/v1/limits",
  "/v1/model",
  "/v1/ticket",
  "/v1/commands",
  "/v1/events",
  "/v1/threads",
  "/v1/threads/",
  "/v1/documents",
  "/v1/documents/",
  "/v1/connect",
  "/v1/",
  "/index.html",
  "/assets/",
  "/..%2f..%2fetc/passwd",
  "/api/auth/sign-up/email",
  "/api/auth/sign-in/email",
  "/api/auth/sign-out",
  "/api/auth/get-session",
  "/api/auth/token",
  "/api/auth/jwks",
  "/api/auth/list-sessions",
  "/api/auth/revoke-session",
  "/api/auth/change-password",
  "/api/auth/update-user",
  "/api/auth/error",
  "/api/auth/callback/x",
  "/api/auth/delete-user",
  "/api/auth/",
];
const types = [
  "application/json",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-7",
  "text/markdown",
  "x",
];
const documented = new Set([
  200, 204, 301, 302, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 417, 422, 426, 429, 431, 501,
]);

export async function fuzzRequests(server: FuzzedServer, random: Random, inputs: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let sent = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (sent < inputs) {
        sent += 1;
        await exchange(server, random, agent);
      }
    }),
  );
  agent.destroy();
}

async function exchange(server: FuzzedServer, random: Random, agent: Agent): Promise<void> {
  const method = random.pick(methods);
  const path = `${random.pick(paths)}${random.chance(0.4) ? pathEnd(random) : ""}${random.chance(0.3) ? query(random) : ""}`;
  const headers: Record<string, string> = {};
  const bent = random.chance(0.1);
  if (bent) headers.authorization = `Bearer ${bentToken(server.token, random)}`;
  else if (random.chance(0.6))
    headers.authorization = random.chance(0.8) ? `Bearer ${server.token}` : headerText(random);
  if (random.chance(0.2)) headers.cookie = `better-auth.session_token=${headerText(random)}`;
  if (random.chance(0.3))
    headers.origin = random.pick(["null", "https://evil.example", server.url, headerText(random)]);
  if (random.chance(0.3)) headers["last-event-id"] = headerText(random);
  if (random.chance(0.1)) headers["content-encoding"] = random.pick(["gzip", "deflate", "br", "x"]);
  if (random.chance(0.1)) headers["x-forwarded-for"] = headerText(random);
  if (random.chance(0.05)) headers.expect = "100-continue";
  if (random.chance(0.2)) headers["transfer-encoding"] = "chunked";
  const body = method === "GET" || method === "HEAD" || random.chance(0.2) ? undefined : bodyText(random);
  if (body !== undefined) headers["content-type"] = random.pick(types);
  const about = `${method} ${path} ${shown(JSON.stringify(headers))} ${shown(body ?? "")}`;
  const { status, text, type } = await send(server, agent, method, path, headers, body, about);
  if (!documented.has(status)) throw new Error(`status ${status} to ${about}: ${text.slice(0, 300)}`);
  checkText(text, about);
  if (type?.startsWith("application/problem+json") === true && method !== "HEAD") {
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    checkError({ code, message: detail }, about);
  }
  if (path.startsWith("/v1/commands") && status === 200) {
    const { type: commandType, data } = JSON.parse(body ?? "{}") as { type?: unknown; data?: unknown };
    const isRefusal = (JSON.parse(text) as { ok?: unknown }).ok === false;
    if (!isRefusal && !isAcceptable(commandType, data)) throw new Error(`acknowledged ${about}`);
  }
  // Nobody is let in by a token with one thing changed, whatever else the request says.
  if (bent && isOwned.test(path) && status < 300 && method !== "OPTIONS" && method !== "HEAD") {
    throw new Error(`let in with a bent token: ${status} to ${about}`);
  }
}

/** Paths that belong to somebody. */
const isOwned = /^\/v1\/(ticket|commands|events|threads|documents|connect)([/?]|$)/;

/** A token that was given out, with one part changed, cut, put together anew, or without a signature. */
function bentToken(token: string, random: Random): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const text = (part: string) => Buffer.from(part, "base64url").toString();
  const part = (value: string) => Buffer.from(value).toString("base64url");
  const changed = (part: string) => {
    // Not at the end, where some bits of a last character count for nothing.
    const place = random.integer(0, part.length - 8);
    return part.slice(0, place) + (part[place] === "A" ? "B" : "A") + part.slice(place + 1);
  };
  const claims = JSON.parse(text(payload)) as Record<string, unknown>;
  return random
    .pick([
      () => [changed(header), payload, signature],
      () => [header, changed(payload), signature],
      () => [header, payload, changed(signature)],
      () => [header, part(JSON.stringify({ ...claims, sub: "somebody-else" })), signature],
      () => [header, part(JSON.stringify({ ...claims, exp: 9_999_999_999 })), signature],
      () => [part('{"alg":"none"}'), payload, ""],
      () => [part('{"alg":"HS256"}'), payload, signature],
      () => [header, payload],
      () => [header, payload, signature.slice(0, -4)],
      () => [header, payload, signature, signature],
    ])()
    .join(".");
}

function send(
  server: FuzzedServer,
  agent: Agent,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
  about: string,
): Promise<{ readonly status: number; readonly text: string; readonly type: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sending = request(`${server.url}/`, { method, path, headers, agent }, (response) => {
      const { statusCode = 0, headers: answered } = response;
      const type = answered["content-type"];
      const answer = (text: string) => resolve({ status: statusCode, text, type });
      // A stream has no end; that it began is the answer.
      if (type?.startsWith("text/event-stream") === true) {
        response.destroy();
        return answer("");
      }
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => answer(Buffer.concat(parts).toString()));
      response.on("error", reject);
    });
    sending.setTimeout(answerMsMax, () => reject(new Error(`no answer to ${about}`)));
    sending.on("error", (error: NodeJS.ErrnoException) => {
      // Refused while the body was still on its way, or cut as no HTTP at all: an answer as well.
      if (error.code === "ECONNRESET" || error.code === "EPIPE" || error.code?.startsWith("HPE_") === true)
        resolve({ status: 400, text: "", type: undefined });
      else reject(new Error(`${error.message} to ${about}`));
    });
    sending.end(body);
  });
}

function pathEnd(random: Random): string {
  return random.pick([
    "thr_aaaaaaaaaaaaaaaaaaaaaa",
    "../x",
    "..%2fx",
    "%00",
    "%",
    "%ff",
    "%ud800",
    "a".repeat(random.integer(1, 4_000)),
    "__proto__",
    "?",
    "//evil.example",
    ";x=y",
    "%2e%2e/",
    "%5c..%5c",
    encodeURIComponent("\u202e🙂"),
  ]);
}

function query(random: Random): string {
  const name = random.pick(["after", "before", "ticket", "token", "callbackURL", "__proto__", "x[y]", ""]);
  return `?${name}=${encodeURIComponent(random.pick(["abcd-0", "abcd-9007199254740993", "-1", "epoch1-1", "thr_x", "//evil.example", "\0", "x".repeat(2_000)]))}`;
}

/** What may stand in a header: anything visible. */
function headerText(random: Random): string {
  return random.pick([
    "",
    "x",
    "Bearer",
    "Basic eDp4",
    "abcd-99999999999999999999",
    "a.b.c",
    "eyJhbGciOiJub25lIn0.e30.",
    "x".repeat(3_000),
    "%00",
    "127.0.0.1, ::1",
    "é",
  ]);
}

function bodyText(random: Random): string {
  if (random.chance(0.3)) return hostileValue(random);
  return mutatedObject(
    {
      id: '"x1"',
      type: '"thread.create"',
      data: "{}",
      email: '"a@example.com"',
      password: '"correct horse"',
      name: '"a"',
      token: '"x"',
    },
    random,
  );
}
