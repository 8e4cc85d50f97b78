import { createHook } from "node:async_hooks";
import { statSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { AccountNode, type Browser, password } from "./auth-suite.ts";

const problemOf = async (answer: Response) => {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  return (await answer.json()) as { code: string; detail: string };
};

const isRefused = (browser: Browser) =>
  expect(browser.authenticate()).rejects.toMatchObject({ code: "unauthenticated" });

describe("a session", () => {
  test("begins with sign-up or sign-in and ends with sign-out, which is told before it is answered", async () => {
    await using node = await AccountNode.open();
    const first = await node.signedUp();
    const second = node.browser();
    expect((await second.post("/sign-in/email", { email: "Alice@example.com", password })).status).toBe(200);
    const [one, two] = [await first.authenticate(), await second.authenticate()];
    expect(one).toEqual({
      userId: two.userId,
      tenantId: "local",
      sessionId: await first.sessionId(),
      expiresAt: undefined,
    });
    expect(two.sessionId).toBe(await second.sessionId());

    const cookies = new Map(first.cookies);
    expect((await first.post("/sign-out")).status).toBe(200);
    expect(node.endedSessions).toEqual([one.sessionId]);
    expect(first.cookies.size).toBe(0);
    for (const [name, value] of cookies) first.cookies.set(name, value);
    await isRefused(first);
    expect(await (await first.get("/get-session")).json()).toBeNull();
    expect(await node.authenticator.stillValid([one, two])).toEqual([false, true]);
  });

  test("outlives the server", async () => {
    await using node = await AccountNode.open();
    const browser = await node.signedUp();
    const identity = await browser.authenticate();
    await node.reopen();
    expect(await browser.authenticate()).toEqual(identity);
    expect(statSync(node.databasePath).mode & 0o777).toBe(0o600);
  });

  test.each<[string, object | undefined, number[]]>([
    ["/revoke-sessions", undefined, [0, 1, 2]],
    ["/revoke-other-sessions", undefined, [1, 2]],
    [
      "/change-password",
      { currentPassword: password, newPassword: `${password}!`, revokeOtherSessions: true },
      [0, 1, 2],
    ],
    ["/change-password", { currentPassword: password, newPassword: `${password}!` }, []],
  ])("ends with POST %s %j", async (path, data, ended) => {
    await using node = await AccountNode.open();
    await node.signedUp("bob@example.com");
    const browsers = [await node.signedUp(), node.browser(), node.browser()];
    for (const other of browsers.slice(1)) await other.post("/sign-in/email", { email: "alice@example.com", password });
    const before = await Promise.all(browsers.map((browser) => browser.authenticate()));
    expect((await browsers[0]?.post(path, data))?.status).toBe(200);
    expect(node.endedSessions.sort()).toEqual(ended.map((index) => before[index]?.sessionId).sort());
    expect(await node.authenticator.stillValid(before)).toEqual([0, 1, 2].map((index) => !ended.includes(index)));
  });

  test("is revoked by its owner only", async () => {
    await using node = await AccountNode.open();
    const alice = await node.signedUp();
    const other = node.browser();
    await other.post("/sign-in/email", { email: "alice@example.com", password });
    const bob = await node.signedUp("bob@example.com");
    const { sessionId } = await other.authenticate();
    const sessions = (await (await alice.get("/list-sessions")).json()) as { id: string; token: string }[];
    const token = sessions.find(({ id }) => id === sessionId)?.token;
    await bob.post("/revoke-session", { token });
    expect(node.endedSessions).toEqual([]);
    await alice.post("/revoke-session", { token });
    expect(node.endedSessions).toEqual([sessionId]);
  });

  test("that could not be deleted is not reported as ended", async () => {
    await using node = await AccountNode.open();
    const browser = await node.signedUp();
    node.sql("CREATE TRIGGER broken BEFORE DELETE ON session BEGIN SELECT RAISE(ABORT, 'disk is broken'); END");
    const answer = await browser.post("/sign-out");
    expect(answer.status).toBe(500);
    expect((await problemOf(answer)).code).toBe("internal");
    expect(browser.cookies.size).toBe(1);
    await browser.authenticate();
    node.sql("DROP TRIGGER broken");
    expect((await browser.post("/sign-out")).status).toBe(200);
  });

  test("that has expired is refused, ends its connections, and goes when its user signs in again", async () => {
    await using node = await AccountNode.open();
    const old = await node.signedUp();
    const bob = await node.signedUp("bob@example.com");
    const identity = await old.authenticate();
    const expired = "2020-01-01T00:00:00.000Z";
    node.sql("UPDATE session SET expiresAt = ? WHERE id = ?", expired, identity.sessionId ?? "");
    node.sql("UPDATE session SET expiresAt = ? WHERE id = ?", expired, (await bob.authenticate()).sessionId ?? "");
    expect(await node.authenticator.stillValid([identity])).toEqual([false]);
    await node.browser().post("/sign-in/email", { email: "alice@example.com", password });
    expect(node.sql("SELECT count(*) AS count FROM session WHERE id = ?", identity.sessionId ?? "")).toEqual([
      { count: 0 },
    ]);
    expect(node.sql("SELECT count(*) AS count FROM session")).toEqual([{ count: 2 }]);
    await isRefused(old);
    await isRefused(bob);
  });

  test("is found among many", async () => {
    await using node = await AccountNode.open();
    const browsers = [await node.signedUp(), await node.signedUp("bob@example.com")];
    const [alice, bob] = await Promise.all(browsers.map((browser) => browser.authenticate()));
    if (alice === undefined || bob === undefined) throw new Error("no identity");
    // More than better-auth looks up when it is not told how many.
    node.sql(
      `WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 600)
      INSERT INTO session (id, token, userId, expiresAt, createdAt, updatedAt)
      SELECT 'live' || n, 'token' || n, userId, expiresAt, createdAt, updatedAt FROM session, number WHERE id = ?`,
      alice.sessionId ?? "",
    );
    const sessionIds = (name: string, length: number) => Array.from({ length }, (_, index) => `${name}${index + 1}`);
    const dead = sessionIds("dead", 40_000).map((sessionId) => ({ ...alice, sessionId }));
    const live = sessionIds("live", 600).map((sessionId) => ({ ...alice, sessionId }));
    const identities = [bob, ...dead, alice, ...live, bob];
    let turns = 0;
    let counting = true;
    const turn = () => {
      turns += 1;
      if (counting) setImmediate(turn);
    };
    turn();
    const valid = await node.authenticator.stillValid(identities);
    counting = false;
    expect(valid).toEqual(identities.map(({ sessionId }) => !sessionId?.startsWith("dead")));
    // The check of so many gave way to others.
    expect(turns).toBeGreaterThan(100);
  });
});

describe("the session cookie", () => {
  test.each([
    ["http://localhost:3000", "throughline.session_token", "Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"],
    [
      "https://chat.example.com",
      "__Secure-throughline.session_token",
      "Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax",
    ],
  ])("of %s is out of reach of pages and of other sites", async (publicUrl, name, attributes) => {
    await using node = await AccountNode.open({ publicUrl });
    const answer = await node.browser().post("/sign-up/email", { name: "A", email: "a@example.com", password });
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(`^${name}=`)]);
    expect(answer.headers.getSetCookie()[0]?.split("; ").slice(1).join("; ")).toBe(attributes);
  });

  test("is signed with the secret that was given, whatever the environment says", async () => {
    vi.stubEnv("BETTER_AUTH_SECRETS", "9:c29tZWJvZHkgZWxzZSdzIHNlY3JldCBvZiBsZW5ndGg");
    await using node = await AccountNode.open();
    const browser = await node.signedUp();
    vi.unstubAllEnvs();
    await node.reopen();
    await browser.authenticate();
  });

  test("and every token are void with another secret, and new ones work", async () => {
    await using node = await AccountNode.open();
    const browser = await node.signedUp();
    const token = await browser.token();
    await node.reopen({ secret: "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHNlcnZlcg" });
    await isRefused(browser);
    const bearer = (text: string) =>
      node.authenticator.authenticate({
        headers: new Headers({ authorization: `Bearer ${text}` }),
        ticket: undefined,
        originRequired: true,
      });
    await expect(bearer(token)).rejects.toMatchObject({ code: "unauthenticated" });
    browser.cookies.clear();
    await browser.post("/sign-in/email", { email: "alice@example.com", password });
    expect((await bearer(await browser.token())).sessionId).toBe(await browser.sessionId());
  });
});

describe("a failed sign-in", () => {
  test("says and costs the same whether the account exists or not", async () => {
    await using node = await AccountNode.open();
    await node.signedUp();
    let hashes = 0;
    const hook = createHook({
      init(_id, type) {
        if (type === "SCRYPTREQUEST") hashes += 1;
      },
    }).enable();
    const attempt = async (email: string) => {
      hashes = 0;
      const answer = await node.browser().post("/sign-in/email", { email, password: "wrong" });
      return { status: answer.status, headers: [...answer.headers], body: await answer.json(), hashes };
    };
    const known = await attempt("alice@example.com");
    const unknown = await attempt("nobody@example.com");
    hook.disable();
    expect(known).toMatchObject({ status: 401, hashes: 1, body: { code: "INVALID_EMAIL_OR_PASSWORD" } });
    expect(unknown).toEqual(known);
  });

  test("is no error of the server", async () => {
    await using node = await AccountNode.open();
    await node.browser().post("/sign-in/email", { email: "nobody@example.com", password });
    const levels = node.logs.map((line) => (JSON.parse(line) as { level: number }).level);
    expect(Math.max(...levels)).toBeLessThan(30);
  });
});

describe("secrets", () => {
  test("leave in no header but the cookie, and in no log line", async () => {
    const written: string[] = [];
    const keep = (chunk: unknown) => written.push(String(chunk)) > 0;
    const streams = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    for (const stream of streams) stream.mockImplementation(keep);
    try {
      await using node = await AccountNode.open();
      const browser = await node.signedUp();
      const names = new Set<string>();
      const headerText: string[] = [];
      const keepHeaders = (answer: Response) => {
        for (const [name, value] of answer.headers) {
          names.add(name);
          if (name !== "set-cookie") headerText.push(value);
        }
        return answer;
      };
      const session = (await keepHeaders(await browser.get("/get-session")).json()) as { session: { token: string } };
      const { token } = (await keepHeaders(await browser.get("/token")).json()) as { token: string };
      const { ticket } = node.authenticator.issueTicket(await browser.authenticate());
      const cookie = browser.cookie;
      const authorization = `Bearer ${token}`;
      const credentials = { headers: new Headers({ authorization }), ticket: undefined, originRequired: true };
      await node.authenticator.authenticate(credentials);
      await node.authenticator.authenticate({ ...credentials, headers: new Headers(), ticket });
      keepHeaders(await browser.get("/list-sessions"));
      keepHeaders(await browser.get("/jwks"));
      keepHeaders(await browser.post("/change-password", { currentPassword: password, newPassword: "wrong" }));
      keepHeaders(await browser.post("/sign-in/email", { email: "alice@example.com", password: "wrong password" }));
      browser.origin = "https://evil.example";
      keepHeaders(await browser.post("/sign-out"));
      browser.origin = node.publicUrl;
      // Something better-auth does not expect, with the request in its hands.
      node.sql("ALTER TABLE session RENAME TO elsewhere");
      keepHeaders(await browser.post("/sign-in/email", { email: "alice@example.com", password }));
      keepHeaders(await browser.post("/sign-out"));
      expect(node.logs.some((line) => line.includes("no such table"))).toBe(true);

      expect([...names].sort()).toEqual(["cache-control", "content-type", "pragma"]);
      const logs = [...node.logs, ...headerText, ...written].join("\n");
      const value = decodeURIComponent(cookie.split("=")[1] ?? "");
      for (const secret of [
        password,
        "wrong password",
        node.secret,
        token,
        token.split(".")[2] ?? "",
        ticket,
        session.session.token,
        value.split(".")[1] ?? "",
      ]) {
        expect(secret).not.toBe("");
        expect(logs).not.toContain(secret);
      }
      expect(written).toEqual([]);
    } finally {
      for (const stream of streams) stream.mockRestore();
    }
  });

  test("of a failure stay here: the answer says only that it is internal, and the log says why", async () => {
    await using node = await AccountNode.open();
    const browser = await node.signedUp();
    node.sql("ALTER TABLE session RENAME TO elsewhere");
    const answer = await browser.post("/sign-in/email", { email: "alice@example.com", password });
    expect(answer.status).toBe(500);
    expect(await problemOf(answer)).toMatchObject({ code: "internal" });
    expect(node.logs.filter((line) => line.includes("no such table")).length).toBeGreaterThan(0);
  });
});
