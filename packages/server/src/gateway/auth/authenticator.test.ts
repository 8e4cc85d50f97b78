import { existsSync } from "node:fs";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { AccountNode, type AccountNodeOptions, password, SigningIssuer } from "./auth-suite.ts";
import type { CredentialInput } from "./authenticator.ts";

type Given = { readonly headers?: Record<string, string>; readonly ticket?: string; readonly originRequired?: boolean };

async function open(options: AccountNodeOptions = {}) {
  const node = await AccountNode.open(options);
  const authenticate = ({ headers = {}, ticket, originRequired = true }: Given) => {
    const input: CredentialInput = { headers: new Headers(headers), ticket, originRequired };
    return node.authenticator.authenticate(input);
  };
  const bearer = (token: string) => authenticate({ headers: { authorization: `Bearer ${token}` } });
  return { node, authenticate, bearer, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

const unauthenticated = { code: "unauthenticated" };
const forbidden = { code: "forbidden" };

test("a request without a credential is refused", async () => {
  await using system = await open();
  const { authenticate } = system;
  await expect(authenticate({})).rejects.toMatchObject(unauthenticated);
  await expect(authenticate({ originRequired: false })).rejects.toMatchObject(unauthenticated);
  await expect(authenticate({ headers: { cookie: "theme=dark" } })).rejects.toMatchObject(unauthenticated);
});

test("a request with more than one credential is refused, and its ticket stays good", async () => {
  await using system = await open();
  const { node, authenticate } = system;
  const browser = await node.signedUp();
  const identity = await browser.authenticate();
  const cookie = browser.cookie;
  const authorization = `Bearer ${await browser.token()}`;
  const { ticket } = node.authenticator.issueTicket(identity);
  const origin = node.publicUrl;
  const several: Given[] = [
    { headers: { cookie, origin, authorization } },
    { headers: { cookie, origin }, ticket },
    { headers: { authorization }, ticket },
    { headers: { cookie, origin, authorization }, ticket },
  ];
  for (const given of several) {
    await expect(authenticate(given)).rejects.toMatchObject(unauthenticated);
  }
  const twice = new Headers({ authorization });
  twice.append("authorization", authorization);
  const doubled = node.authenticator.authenticate({ headers: twice, ticket: undefined, originRequired: true });
  await expect(doubled).rejects.toMatchObject(unauthenticated);
  // A cookie of something else on the same host is no credential.
  expect(await authenticate({ headers: { cookie: "theme=dark" }, ticket })).toEqual(identity);
});

describe("a session cookie", () => {
  test("counts only on pages of this origin and of trusted ones", async () => {
    await using system = await open({ trustedOrigins: ["https://portal.example.com"] });
    const { node, authenticate } = system;
    const browser = await node.signedUp();
    const identity = await browser.authenticate();
    const cookie = browser.cookie;
    const own: Record<string, string>[] = [
      { origin: "http://localhost:3000" },
      { origin: "http://127.0.0.1:3000" },
      { origin: "https://portal.example.com" },
      { "sec-fetch-site": "same-origin" },
    ];
    for (const headers of own) expect(await authenticate({ headers: { ...headers, cookie } })).toEqual(identity);
    const foreign: Record<string, string>[] = [
      {},
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of foreign) {
      await expect(authenticate({ headers: { ...headers, cookie } })).rejects.toMatchObject(forbidden);
    }
    // A plain read needs none: what it answers, a page elsewhere cannot see.
    expect(await authenticate({ headers: { cookie }, originRequired: false })).toEqual(identity);
  });

  test("that is forged is refused", async () => {
    await using system = await open();
    await using other = await open({ secret: "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHNlcnZlcg" });
    const { node, authenticate } = system;
    const browser = await node.signedUp();
    const [name = "", value = ""] = browser.cookie.split("=");
    const [token = "", signature = ""] = decodeURIComponent(value).split(".");
    const foreign = decodeURIComponent((await other.node.signedUp()).cookie.split("=")[1] ?? "").split(".")[1] ?? "";
    const { userId, sessionId } = await browser.authenticate();
    for (const forged of [
      token,
      `${token}.`,
      `${token}.${foreign}`,
      `${token}.${signature.slice(0, -4)}AAA=`,
      `${token.slice(0, -1)}${token.endsWith("x") ? "y" : "x"}.${signature}`,
      `${sessionId}.${signature}`,
      `${userId}.${signature}`,
      signature,
      "",
      "null",
    ]) {
      const headers = { cookie: `${name}=${encodeURIComponent(forged)}`, origin: node.publicUrl };
      await expect(authenticate({ headers })).rejects.toMatchObject(unauthenticated);
    }
    // Nor is the token any other credential.
    await expect(authenticate({ ticket: token })).rejects.toMatchObject(unauthenticated);
    await expect(authenticate({ headers: { authorization: `Bearer ${token}` } })).rejects.toMatchObject(
      unauthenticated,
    );
  });
});

describe("a token of this server", () => {
  test("says who, for which session and how long, and nothing else", async () => {
    await using system = await open();
    const { node, bearer } = system;
    const browser = await node.signedUp();
    const { userId, sessionId } = await browser.authenticate();
    const token = await browser.token();
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
    expect(claims).toEqual({ iss: node.publicUrl, aud: node.publicUrl, sub: userId, sid: sessionId });
    expect(exp - iat).toBe(900);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "EdDSA", kid: expect.any(String) });
    expect(await bearer(token)).toEqual({ userId, tenantId: "local", sessionId, expiresAt: (exp + 5) * 1_000 });
    const { keys } = (await (await browser.get("/jwks")).json()) as { keys: Record<string, unknown>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([["alg", "crv", "kid", "kty", "x"]]);
  });

  test("ends with its session, and with its time", async () => {
    await using system = await open();
    const { node, bearer } = system;
    const browser = await node.signedUp();
    const token = await browser.token();
    const identity = await bearer(token);
    expect(await node.authenticator.stillValid([identity])).toEqual([true]);
    await browser.post("/sign-out");
    await expect(bearer(token)).rejects.toMatchObject(unauthenticated);
    expect(await node.authenticator.stillValid([identity])).toEqual([false]);

    await browser.post("/sign-in/email", { email: "alice@example.com", password });
    const later = await bearer(await browser.token());
    await node.clock.advance((later.expiresAt ?? 0) - node.clock.now() - 1);
    expect(await node.authenticator.stillValid([later])).toEqual([true]);
    await node.clock.advance(1);
    expect(await node.authenticator.stillValid([later])).toEqual([false]);
    expect((await browser.authenticate()).sessionId).toBe(later.sessionId);
  });

  test("is taken from the authorization header only", async () => {
    await using system = await open();
    const { node, authenticate } = system;
    const token = await (await node.signedUp()).token();
    expect(await authenticate({ headers: { authorization: `bearer ${token}` } })).toBeDefined();
    const elsewhere: Given[] = [
      { headers: { authorization: token } },
      { headers: { authorization: `Basic ${token}` } },
      { headers: { authorization: `Bearer  ${token}` } },
      { headers: { authorization: `Bearer ${token} ${token}` } },
      { headers: { authorization: "Bearer" } },
      { headers: { authorization: "" } },
      { ticket: token },
      { ticket: "" },
    ];
    for (const given of elsewhere) {
      await expect(authenticate(given)).rejects.toMatchObject(unauthenticated);
    }
  });
});

describe("a ticket", () => {
  test("works once, for its lifetime, and only while its session lasts", async () => {
    await using system = await open();
    const { node, authenticate } = system;
    const browser = await node.signedUp();
    const identity = await browser.authenticate();
    const issue = () => node.authenticator.issueTicket(identity).ticket;
    const [used, late, orphan] = [issue(), issue(), issue()];
    const [first, second] = await Promise.allSettled([authenticate({ ticket: used }), authenticate({ ticket: used })]);
    expect(first).toEqual({ status: "fulfilled", value: identity });
    expect(second).toMatchObject({ status: "rejected", reason: unauthenticated });
    await node.clock.advance(30_000);
    await expect(authenticate({ ticket: late })).rejects.toMatchObject(unauthenticated);
    await expect(authenticate({ ticket: orphan })).rejects.toMatchObject(unauthenticated);
    const ticket = issue();
    await browser.post("/sign-out");
    await expect(authenticate({ ticket })).rejects.toMatchObject(unauthenticated);
  });

  test("is good for no longer than the token that it was got with", async () => {
    await using company = await SigningIssuer.start();
    await using system = await open({ issuers: [trust(company)] });
    const { node, authenticate, bearer } = system;
    const exp = Math.floor(node.clock.now() / 1_000) + 10;
    const claims = { iss: company.issuer, aud: "throughline", sub: "alice", exp };
    const identity = await bearer(await company.sign(claims));
    const issue = () => node.authenticator.issueTicket(identity).ticket;
    expect(await authenticate({ ticket: issue() })).toEqual(identity);
    const ticket = issue();
    await node.clock.advance(16_000);
    await expect(authenticate({ ticket })).rejects.toMatchObject(unauthenticated);
    expect(await node.authenticator.stillValid([identity])).toEqual([false]);
  });
});

function trust({ issuer, jwksUrl }: SigningIssuer) {
  return { name: "company", issuer, audience: "throughline", jwksUrl };
}

describe("an issuer besides this server", () => {
  test("has users of its own, whatever it calls them", async () => {
    await using company = await SigningIssuer.start();
    await using system = await open({ issuers: [trust(company)] });
    const { node, bearer } = system;
    const browser = await node.signedUp();
    const { userId, sessionId } = await browser.authenticate();
    const exp = Math.floor(node.clock.now() / 1_000) + 60;
    const claims = { iss: company.issuer, aud: "throughline", exp, sid: sessionId };
    // The subject of a user of ours, in the name of whom nobody else can speak.
    const impostor = await bearer(await company.sign({ ...claims, sub: userId }));
    expect(impostor).toEqual({
      userId: `company:${userId}`,
      tenantId: "company:",
      sessionId: undefined,
      expiresAt: (exp + 5) * 1_000,
    });
    const own = { ...claims, iss: node.publicUrl, aud: node.publicUrl, sub: userId };
    await expect(bearer(await company.sign(own))).rejects.toMatchObject(unauthenticated);
    expect((await bearer(await browser.token())).userId).toBe(userId);

    await browser.post("/sign-out");
    expect(await node.authenticator.stillValid([impostor])).toEqual([true]);
  });

  test("that expired within the tolerance is still let in, and put out when the tolerance is over", async () => {
    await using company = await SigningIssuer.start();
    await using system = await open({ issuers: [trust(company)] });
    const { node, bearer } = system;
    const exp = Math.floor(node.clock.now() / 1_000) - 2;
    const token = await company.sign({ iss: company.issuer, aud: "throughline", sub: "alice", exp });
    const identity = await bearer(token);
    await node.clock.advance(5_000);
    expect(await node.authenticator.stillValid([identity])).toEqual([false]);
    await expect(bearer(token)).rejects.toMatchObject(unauthenticated);
  });

  test("whose token is refused finds the reason in the log, not in the answer", async () => {
    await using company = await SigningIssuer.start();
    await using system = await open({ issuers: [trust(company)] });
    const { node, bearer } = system;
    const exp = Math.floor(node.clock.now() / 1_000) + 60;
    for (const [claims, reason] of [
      [{ aud: "other", sub: "alice", exp }, 'unexpected "aud" claim value'],
      [{ aud: "throughline", exp }, "its claims name no user, no tenant, or no end"],
    ] as const) {
      const token = await company.sign({ iss: company.issuer, ...claims });
      await expect(bearer(token)).rejects.toMatchObject({
        ...unauthenticated,
        reason: "unable to tell who this is; the bearer token is not valid",
      });
      expect(JSON.parse(node.logs.at(-1) ?? "")).toMatchObject({ level: 20, issuer: company.issuer, reason });
      expect(node.logs.join("")).not.toContain(token);
    }
  });

  test("whose keys cannot be had is a reason to come back, which the log names", async () => {
    await using company = await SigningIssuer.start();
    company.respond = (response) => response.writeHead(503).end();
    await using system = await open({ issuers: [trust(company)] });
    const { node, bearer } = system;
    const exp = Math.floor(node.clock.now() / 1_000) + 60;
    const token = await company.sign({ iss: company.issuer, aud: "throughline", sub: "alice", exp });
    await expect(bearer(token)).rejects.toMatchObject({ code: "not_ready" });
    const warnings = node.logs.map((line) => JSON.parse(line) as object);
    expect(warnings).toContainEqual(
      expect.objectContaining({ level: 40, component: "tokens", issuer: company.issuer }),
    );
    expect(node.logs.join("")).not.toContain(token);
  });
});

test("what cannot be used is a start error that leaves nothing open", async () => {
  const issuer = {
    name: "A B",
    issuer: "https://idp.example.com",
    audience: "x",
    jwksUrl: "https://idp.example.com/k",
  };
  await expect(AccountNode.open({ issuers: [issuer] })).rejects.toMatchObject({ code: "bad_option" });
  await expect(AccountNode.open({ trustedOrigins: ["*"] })).rejects.toMatchObject({ code: "bad_option" });
  await expect(AccountNode.open({ publicUrl: "localhost:3000" })).rejects.toMatchObject({ code: "bad_option" });
  expect(existsSync("auth.db")).toBe(false);
});
