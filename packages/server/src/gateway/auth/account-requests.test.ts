import { describe, expect, test } from "vitest";
import { AccountNode, password } from "./auth-suite.ts";

const credentials = { email: "alice@example.com", password };
const codeOf = async (answer: Response) => ({
  status: answer.status,
  code: ((await answer.json()) as { code: string }).code,
});

test("closed sign-up takes no new accounts, and those that there are go on", async () => {
  await using node = await AccountNode.open();
  await node.signedUp();
  await node.reopen({ signUp: "closed" });
  const browser = node.browser();
  const account = { name: "Mallory", email: "mallory@example.com", password };
  for (const path of ["/sign-up/email", "/sign-up/email?x=1"]) {
    expect(await codeOf(await browser.post(path, account))).toEqual({ status: 403, code: "forbidden" });
  }
  expect(node.sql("SELECT email FROM user")).toEqual([{ email: "alice@example.com" }]);
  expect((await browser.post("/sign-in/email", credentials)).status).toBe(200);
});

test("regression: addresses to go on to are not looked at, and fill no log", async () => {
  await using node = await AccountNode.open();
  const browser = node.browser();
  const evil = "//evil.example/".padEnd(2_000, "x");
  const account = { name: "Alice", ...credentials };
  for (const more of [
    { callbackURL: evil },
    { redirectTo: evil },
    { __proto__: null, constructor: 1 },
    { image: "x" },
  ]) {
    expect(await codeOf(await browser.post("/sign-up/email", { ...account, ...more }))).toEqual({
      status: 422,
      code: "invalid_data",
    });
  }
  expect((await browser.post(`/sign-up/email?callbackURL=${encodeURIComponent(evil)}`, account)).status).toBe(200);
  expect((await browser.get(`/get-session?callbackURL=${encodeURIComponent(evil)}`)).status).toBe(200);
  expect(node.logs.join("")).not.toContain("evil");
});

describe("a request that changes something", () => {
  test("with a cookie may come from this origin and trusted ones only", async () => {
    await using node = await AccountNode.open({ trustedOrigins: ["https://portal.example.com"] });
    const browser = await node.signedUp();
    const { sessionId } = await browser.authenticate();
    for (const origin of ["http://localhost:3001", "https://evil.example", "null", undefined]) {
      browser.origin = origin;
      expect(await codeOf(await browser.post("/sign-out"))).toEqual({ status: 403, code: "forbidden" });
    }
    expect(browser.cookies.size).toBe(1);
    expect(node.endedSessions).toEqual([]);
    for (const origin of [node.publicUrl, "http://127.0.0.1:3000", "http://[::1]:3000", "https://portal.example.com"]) {
      browser.origin = origin;
      expect((await browser.post("/sign-out")).status).toBe(200);
      expect(browser.cookies.size).toBe(0);
      expect((await browser.post("/sign-in/email", credentials)).status).toBe(200);
    }
    expect(node.endedSessions).toHaveLength(4);
    expect(node.endedSessions[0]).toBe(sessionId);
  });

  test("without a cookie may come from a program, not from a page elsewhere", async () => {
    await using node = await AccountNode.open();
    await node.signedUp();
    const browser = node.browser();
    browser.origin = undefined;
    expect((await browser.post("/sign-in/email", credentials)).status).toBe(200);
    browser.cookies.clear();
    browser.origin = "https://evil.example";
    expect(await codeOf(await browser.post("/sign-in/email", credentials))).toEqual({ status: 403, code: "forbidden" });
    expect(browser.cookies.size).toBe(0);
    // What only better-auth looks at; by itself it would not, where NODE_ENV is "test" as here.
    browser.origin = undefined;
    browser.headers.referer = "https://evil.example/";
    const refusal = await browser.post("/sign-in/email", credentials);
    expect(await codeOf(refusal)).toEqual({ status: 403, code: "INVALID_ORIGIN" });
  });

  test("reaches nothing that is not offered, however it is spelled", async () => {
    await using node = await AccountNode.open();
    const browser = await node.signedUp();
    const headers = { "content-type": "application/json" };
    for (const route of [
      "POST /verify-password",
      "POST /update-user",
      "POST /update-session",
      "POST /delete-user",
      "POST /change-email",
      "POST /request-password-reset",
      "POST /sign-in/social",
      "POST /link-social",
      "POST /sign-jwt",
      "GET /list-accounts",
      "GET /error?error=x",
      "GET /callback/github",
      "GET /sign-out",
      "POST /get-session",
      "OPTIONS /sign-in/email",
      "POST //sign-in/email",
      "POST /sign-in/email/",
      "POST /sign-in%2Femail",
      "POST /SIGN-IN/email",
      "POST /constructor",
      "GET /",
      "GET ",
    ]) {
      const [method = "", path = ""] = route.split(" ");
      const body = method === "POST" ? JSON.stringify(credentials) : null;
      const answer = await browser.send(method, path, { body, headers });
      expect({ route, ...(await codeOf(answer)) }).toEqual({ route, status: 404, code: "not_found" });
    }
  });
});

describe("a body", () => {
  const json = { "content-type": "application/json" };
  const padded = (bytes: number) => JSON.stringify(credentials).padEnd(bytes);

  test("is read up to its limit, however it comes", async () => {
    await using node = await AccountNode.open();
    await node.signedUp();
    const send = (body: BodyInit, init: object = {}) =>
      node.browser().send("POST", "/sign-in/email", { body, headers: json, ...init });
    const streamed = (text: string) => new Blob([text]).stream();
    expect((await send(padded(16_384))).status).toBe(200);
    expect(await codeOf(await send(padded(16_385)))).toEqual({ status: 413, code: "too_large" });
    expect((await send(streamed(padded(16_384)), { duplex: "half" })).status).toBe(200);
    expect((await send(streamed(padded(16_385)), { duplex: "half" })).status).toBe(413);
  });

  test("that is not JSON, or does not say so, is refused", async () => {
    await using node = await AccountNode.open();
    await node.signedUp();
    const text = JSON.stringify(credentials);
    const bodies: [BodyInit, Record<string, string>][] = [
      [new URLSearchParams(credentials), {}],
      [text, { "content-type": "text/plain" }],
      [new Blob([text]), {}],
      [text, { "content-type": "application/json-seq" }],
      ["{", json],
      [new Uint8Array([0x22, 0xff]), json],
    ];
    for (const [body, headers] of bodies) {
      const answer = await node.browser().send("POST", "/sign-in/email", { body, headers });
      expect(await codeOf(answer)).toEqual({ status: 400, code: "bad_frame" });
    }
  });

  test("of JSON that is no sign-in is refused by better-auth, in its own words", async () => {
    await using node = await AccountNode.open();
    for (const body of ["null", "[]", '"x"', "{}", '{"email":["alice@example.com"],"password":"x"}']) {
      const answer = await node.browser().send("POST", "/sign-in/email", { body, headers: json });
      expect(await codeOf(answer)).toEqual({ status: 400, code: "VALIDATION_ERROR" });
    }
  });
});

describe("attempts at passwords", () => {
  const limits = { signInAttemptsPerMinuteMax: 3 };
  const wrong = { ...credentials, password: "wrong" };

  test("are counted by address, the attempt that would succeed included", async () => {
    await using node = await AccountNode.open({ limits: { signInAttemptsPerMinuteMax: 4 } });
    const browser = await node.signedUp();
    for (const email of ["a@example.com", "b@example.com", "c@example.com"]) {
      expect((await browser.post("/sign-in/email", { ...wrong, email })).status).toBe(401);
    }
    const refusal = await browser.post("/sign-in/email", credentials);
    expect(refusal.headers.get("retry-after")).toBe("15");
    expect(refusal.headers.get("content-type")).toBe("application/problem+json");
    expect(await refusal.json()).toMatchObject({
      status: 429,
      code: "rate_limited",
      retryable: true,
      retryAfterMs: 15_000,
    });
    expect((await browser.post("/sign-up/email", { ...credentials, name: "A" })).status).toBe(429);
    expect((await browser.post("/change-password", { currentPassword: "x", newPassword: password })).status).toBe(429);
    // What takes no password is not counted.
    expect((await browser.get("/get-session")).status).toBe(200);
    await node.clock.advance(15_000);
    expect((await browser.post("/sign-in/email", credentials)).status).toBe(200);
  });

  test("are counted by account, wherever they come from", async () => {
    await using node = await AccountNode.open({ limits });
    await node.signedUp();
    const attempt = (address: string, data: object) => node.browser(undefined, address).post("/sign-in/email", data);
    expect((await attempt("192.0.2.1", wrong)).status).toBe(401);
    expect((await attempt("192.0.2.2", { ...wrong, email: "ALICE@example.com" })).status).toBe(401);
    expect((await attempt("192.0.2.3", credentials)).status).toBe(429);
    expect((await attempt("192.0.2.3", { ...wrong, email: "bob@example.com" })).status).toBe(401);
  });

  test("from nowhere in particular are counted together", async () => {
    await using node = await AccountNode.open({ limits });
    const attempt = (email: string) => node.browser(undefined, "unknown").post("/sign-in/email", { ...wrong, email });
    for (const email of ["a@example.com", "b@example.com", "c@example.com"])
      expect((await attempt(email)).status).toBe(401);
    expect((await attempt("d@example.com")).status).toBe(429);
  });
});

test("where a request comes from is what the server saw, not what the client says", async () => {
  await using node = await AccountNode.open({ limits: { signInAttemptsPerMinuteMax: 1 } });
  const browser = node.browser(undefined, "203.0.113.7");
  for (const name of [
    "x-throughline-client-address",
    "x-forwarded-for",
    "x-real-ip",
    "cf-connecting-ip",
    "forwarded",
  ]) {
    browser.headers[name] = "198.51.100.1";
  }
  browser.headers["x-forwarded-host"] = "evil.example";
  expect((await browser.post("/sign-up/email", { ...credentials, name: "Alice" })).status).toBe(200);
  expect(node.sql("SELECT ipAddress FROM session")).toEqual([{ ipAddress: "203.0.113.7" }]);
  browser.headers["x-throughline-client-address"] = "198.51.100.2";
  expect((await browser.post("/sign-in/email", { ...credentials, email: "bob@example.com" })).status).toBe(429);
});
