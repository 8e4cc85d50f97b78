/** Who may connect, over the wire: every credential, every way to forge one, and what ends with a session. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { generateKeyPair } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cookieOf, credentialHeaders, postJson, programToken, signIn, signUp } from "../support/account.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";
import { TokenIssuer } from "../support/token-issuer.ts";

const upgradeHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-protocol": "throughline.v1",
};

let issuer: TokenIssuer;
let server: ServerProcess;
beforeAll(async () => {
  issuer = await TokenIssuer.start();
  const env = { THROUGHLINE_LOG_LEVEL: "trace" };
  server = await ServerProcess.start({ issuers: [issuer.settings], limits: { ticketLifetimeMs: 1_500 }, env });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly code: unknown;
  readonly headers: IncomingMessage["headers"];
}

/** Asks to connect as a WebSocket; nothing is upgraded unless the status is 101. */
async function connect(headers: Record<string, string>, query = ""): Promise<Answer> {
  const asked = request(`${server.url}/v1/connect${query}`, { headers: { ...upgradeHeaders, ...headers } });
  asked.end();
  const upgraded = once(asked, "upgrade").then(([response, socket]) => {
    socket.destroy();
    return response as IncomingMessage;
  });
  const response = await Promise.race([
    upgraded,
    once(asked, "response").then(([refused]) => refused as IncomingMessage),
  ]);
  if (response.statusCode === 101) return { status: 101, code: undefined, headers: response.headers };
  let text = "";
  for await (const part of response) text += part;
  return {
    status: response.statusCode ?? 0,
    code: (JSON.parse(text) as { code: unknown }).code,
    headers: response.headers,
  };
}

/** The same question over every way in: WebSocket, SSE and a command. */
async function everyWay(headers: Record<string, string>, query = ""): Promise<[number, unknown][]> {
  const socket = await connect(headers, query);
  const stream = await fetch(`${server.url}/v1/events${query}`, { headers });
  const command = await postJson(server, `/v1/commands${query}`, { id: "a", type: "thread.create", data: {} }, headers);
  const answers: [number, unknown][] = [[socket.status, socket.code]];
  for (const response of [stream, command]) {
    if (response.ok) await response.body?.cancel();
    answers.push([response.status, response.ok ? undefined : ((await response.json()) as { code: unknown }).code]);
  }
  return answers;
}

function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
}

const nobody = [
  [401, "unauthenticated"],
  [401, "unauthenticated"],
  [401, "unauthenticated"],
];

test("no credential, or one that is forged, expired or meant for others, is refused before anything is upgraded", async () => {
  const { cookie, origin } = await signUp(server, "grace");
  const [name, value = ""] = cookie.split("=");
  const { privateKey } = await generateKeyPair("ES256");
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const claims = { sub: "victim", iss: issuer.issuer, aud: issuer.audience, exp };
  const signed = await issuer.token("victim");
  const refused: Record<string, Record<string, string>> = {
    nothing: { origin },
    "a cookie with another signature": { cookie: `${name}=${value.slice(0, -6)}AAAA%3D`, origin },
    "a cookie without its signature": { cookie: `${name}=${value.split(".")[0]}`, origin },
    "a made-up cookie": { cookie: `${name}=made-up.made-up`, origin },
    "a token without signature": credentialHeaders({ bearer: unsigned(claims) }),
    "a token of ours without signature": credentialHeaders({
      bearer: unsigned({ ...claims, iss: server.publicUrl, aud: server.publicUrl, sid: "any" }),
    }),
    "a token whose signature was cut off": credentialHeaders({ bearer: `${signed.split(".").slice(0, 2).join(".")}.` }),
    "a token of another key": credentialHeaders({ bearer: await issuer.token("victim", { key: privateKey }) }),
    "a token of another issuer": credentialHeaders({
      bearer: await issuer.token("victim", { issuer: "https://evil.example" }),
    }),
    "a token that claims to be ours": credentialHeaders({
      bearer: await issuer.token("victim", { issuer: server.publicUrl }),
    }),
    "a token for another audience": credentialHeaders({ bearer: await issuer.token("victim", { audience: "others" }) }),
    "a token that has expired": credentialHeaders({ bearer: await issuer.token("victim", { expiresIn: -60 }) }),
    "text that is no token": credentialHeaders({ bearer: "letmein" }),
    "a password": { authorization: `Basic ${Buffer.from("grace:correct horse battery").toString("base64")}` },
  };
  for (const [what, headers] of Object.entries(refused))
    expect([what, await everyWay(headers)]).toEqual([what, nobody]);
  expect(await everyWay({ origin }, "?ticket=made-up")).toEqual(nobody);
  // A user id anywhere else is nobody's word for anything.
  expect(await everyWay({ origin, "x-user-id": "grace" }, "?userId=grace&user=grace")).toEqual(nobody);
});

test("a cookie counts only from our own page: another origin, or none, is refused", async () => {
  const { cookie, origin } = await signUp(server, "joan");
  const forbidden = nobody.map(() => [403, "forbidden"]);
  const origins: Record<string, string>[] = [{ origin: "https://evil.example" }, {}, { origin: "null" }];
  for (const elsewhere of origins) {
    const headers = { cookie, ...elsewhere };
    expect(await everyWay(headers)).toEqual(forbidden);
  }
  expect((await everyWay({ cookie, origin })).map(([status]) => status)).toEqual([101, 200, 200]);
});

test("a ticket lets in once, for a short time, and not beside another credential", async () => {
  const { cookie, origin } = await signUp(server, "barbara");
  const ticket = async () => {
    const response = await postJson(server, "/v1/ticket", {}, { cookie, origin });
    return (await response.json()) as { ticket: string; expiresAt: string };
  };
  const once = await ticket();
  expect((await connect({}, `?ticket=${once.ticket}`)).status).toBe(101);
  expect(await everyWay({}, `?ticket=${once.ticket}`)).toEqual(nobody);
  const beside = await ticket();
  const bearer = await programToken(server, { cookie });
  expect((await connect(credentialHeaders({ bearer }), `?ticket=${beside.ticket}`)).status).toBe(401);
  const late = await ticket();
  await expect.poll(() => Date.now(), { timeout: 10_000 }).toBeGreaterThan(Date.parse(late.expiresAt));
  expect(await everyWay({}, `?ticket=${late.ticket}`)).toEqual(nobody);
});

test("signing out closes what hangs on that session, over every transport, and nothing else", async () => {
  const leaving = await signUp(server, "katherine");
  const staying = await signIn(server, "katherine");
  const bearer = await programToken(server, leaving);
  await using socket = await TestDevice.webSocket(server, leaving);
  await using program = await TestDevice.webSocket(server, { bearer });
  await using stream = await TestDevice.sse(server, leaving);
  await using other = await TestDevice.webSocket(server, staying);
  await using stranger = await TestDevice.webSocket(server, await signUp(server, "dorothy"));

  const signedOut = await postJson(server, "/api/auth/sign-out", {}, { ...leaving });
  expect(signedOut.status).toBe(200);
  expect((await socket.untilClosed()).code).toBe(4401);
  expect((await program.untilClosed()).code).toBe(4401);
  await stream.untilClosed();
  // What the session gave out ended with it.
  expect(await everyWay({ ...leaving })).toEqual(nobody);
  expect(await everyWay(credentialHeaders({ bearer }))).toEqual(nobody);

  await Promise.all([other, stranger].map((device) => device.command("thread.create", {})));
  expect([other.closed, stranger.closed]).toEqual([undefined, undefined]);
});

test("users of another issuer are let in by its keys, and are nobody else", async () => {
  await using device = await TestDevice.webSocket(server, { bearer: await issuer.token("ada") });
  expect(device.welcome?.userId).toBe("partner:ada");
  await device.command("thread.create", { title: "external" });
  await device.event("thread_created");
  // Whoever has the same name elsewhere reads another feed.
  const { cookie } = await signUp(server, "ada");
  const list = await fetch(`${server.url}/v1/threads`, { headers: { cookie } });
  expect(await list.json()).toMatchObject({ threads: [] });
});

test("no credential appears in anything that the server prints, or in a header but set-cookie", async () => {
  const secrets: string[] = ["correct horse battery"];
  const answers: Response[] = [];
  const keep = (response: Response) => {
    answers.push(response);
    return response;
  };
  const origin = server.publicUrl;
  const account = { name: "mary", email: "mary@example.com", password: "correct horse battery" };
  const cookie = await cookieOf(keep(await postJson(server, "/api/auth/sign-up/email", account, { origin })));
  secrets.push(...cookie.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1)));
  // The part before the signature is the session's token.
  secrets.push(...secrets.slice(1).map((value) => value.split(".")[0] ?? value));
  const session = keep(await fetch(`${server.url}/api/auth/get-session`, { headers: { cookie } }));
  expect(session.status).toBe(200);
  const token = keep(await fetch(`${server.url}/api/auth/token`, { headers: { cookie } }));
  const { token: bearer } = (await token.json()) as { token: string };
  const given = keep(await postJson(server, "/v1/ticket", {}, { cookie, origin }));
  const { ticket } = (await given.json()) as { ticket: string };
  const external = await issuer.token("printed");
  secrets.push(bearer, ticket, external);
  const headers: IncomingMessage["headers"][] = [];
  for (const credential of [
    { cookie, origin },
    credentialHeaders({ bearer }),
    credentialHeaders({ bearer: external }),
  ]) {
    headers.push((await connect(credential)).headers);
    keep(await fetch(`${server.url}/v1/threads`, { headers: credential }));
    // Failures say more than successes.
    keep(await fetch(`${server.url}/v1/threads/nonsense`, { headers: credential }));
    keep(await postJson(server, "/v1/commands", { nonsense: true }, credential));
  }
  headers.push((await connect({}, `?ticket=${ticket}`)).headers, (await connect({}, `?ticket=${ticket}`)).headers);
  keep(await postJson(server, "/api/auth/sign-in/email", { ...account, password: "wrong horse" }, { origin }));
  keep(await postJson(server, "/api/auth/sign-out", {}, { cookie, origin }));
  expect(secrets.filter((secret) => secret.length < 8)).toEqual([]);

  const said = [
    server.output,
    ...headers.map((each) => JSON.stringify(each)),
    ...answers.flatMap((answer) =>
      [...answer.headers].flatMap(([key, value]) => (key === "set-cookie" ? [] : [value])),
    ),
    ...answers.map(({ url }) => url),
  ];
  for (const secret of secrets) expect(said.filter((text) => text.includes(secret))).toEqual([]);
});

test("signInAttemptsPerMinuteMax: one more attempt is refused with 429, even with the right password", async () => {
  const signInAttemptsPerMinuteMax = 3;
  await using strict = await ServerProcess.start({ limits: { signInAttemptsPerMinuteMax } });
  await signUp(strict, "ada");
  const attempt = (password: string) => {
    const account = { email: "ada@example.com", password };
    return postJson(strict, "/api/auth/sign-in/email", account, { origin: strict.publicUrl });
  };
  // Signing up was the first.
  for (let count = 1; count < signInAttemptsPerMinuteMax; count += 1)
    expect((await attempt("wrong horse")).status).toBe(401);
  const refused = await attempt("correct horse battery");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "rate_limited", retryable: true });
});
