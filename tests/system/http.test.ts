/** What is served over plain HTTP: documents, the page and its headers, and refusals that all have one form. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signUp } from "../support/account.ts";
import { ServerProcess } from "../support/server-process.ts";

const limits = { documentBytesMax: 4_096, documentsPerUserMax: 2 };

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ limits });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Refusal {
  readonly status: number;
  readonly type: string | null;
  readonly code: unknown;
}

async function refusal(response: Response): Promise<Refusal> {
  const problem = (await response.json()) as { code: unknown; status: unknown; title: unknown; detail: unknown };
  expect(problem).toMatchObject({ status: response.status, title: expect.any(String), detail: expect.any(String) });
  return { status: response.status, type: response.headers.get("content-type"), code: problem.code };
}

function problem(status: number, code: string): Refusal {
  return { status, type: "application/problem+json", code };
}

/** With the path as it is. */
async function rawRequest(method: string, path: string, headers: Record<string, string>, body?: string) {
  const { hostname, port } = new URL(server.url);
  const sent = request({ hostname, port, method, path, headers: { ...headers, "content-type": "text/plain" } });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}

test("documents are stored, listed and removed for their owner, within limits, and for nobody else", async () => {
  const owner = await signUp(server, "ada");
  const other = await signUp(server, "grace");
  const documents = (who: Record<string, string>, name = "", init: RequestInit = {}) =>
    fetch(`${server.url}/v1/documents${name}`, {
      ...init,
      headers: { ...who, "content-type": "text/plain", ...init.headers },
    });
  const put = (name: string, body: BodyInit, headers = {}) =>
    documents(owner, `/${encodeURIComponent(name)}`, { method: "PUT", body, headers });
  const list = async (who: Record<string, string>) =>
    ((await (await documents(who)).json()) as { documents: unknown }).documents;

  const written = "Ünïcödé and 🙂";
  const stored = await put("notes of äda.md", written, { "content-type": "text/markdown" });
  expect(stored.status).toBe(200);
  const entry = { name: "notes of äda.md", bytes: Buffer.byteLength(written), uploadedAt: expect.stringMatching(/Z$/) };
  expect(await list(owner)).toEqual([entry]);
  expect(await list(other)).toEqual([]);

  expect(await refusal(await put("large", "x".repeat(limits.documentBytesMax + 1)))).toEqual(problem(413, "too_large"));
  expect(await refusal(await put("image", "x", { "content-type": "image/png" }))).toEqual(problem(422, "invalid_data"));
  expect(await refusal(await put("latin", new Uint8Array([0xe4, 0xf6])))).toEqual(problem(422, "invalid_data"));
  expect((await put("second", "x".repeat(limits.documentBytesMax))).status).toBe(200);
  expect(await refusal(await put("third", "x"))).toEqual(problem(409, "conflict"));
  // One that is there may be replaced.
  expect((await put("second", "y")).status).toBe(200);

  const remove = (who: Record<string, string>) =>
    documents(who, `/${encodeURIComponent(entry.name)}`, { method: "DELETE" });
  expect(await refusal(await remove(other))).toEqual(problem(404, "not_found"));
  const foreignPage = await documents({ ...owner, origin: "https://evil.example" }, "/second", { method: "DELETE" });
  expect(await refusal(foreignPage)).toEqual(problem(403, "forbidden"));
  expect((await remove(owner)).status).toBe(204);
  expect(await refusal(await remove(owner))).toEqual(problem(404, "not_found"));
  expect(await list(owner)).toMatchObject([{ name: "second", bytes: 1 }]);
  expect(await refusal(await fetch(`${server.url}/v1/documents`))).toEqual(problem(401, "unauthenticated"));
});

test("a document's name is a label: as a path it leads nowhere", async () => {
  const owner = await signUp(server, "edsger");
  const files = () => readdirSync(server.dataDirectory, { recursive: true, encoding: "utf8" }).sort();
  const before = files();
  const names = [
    "../../../etc/passwd",
    "/etc/passwd",
    "..\\\\..\\\\secret",
    "../auth.db",
    "C:\\\\boot.ini",
    "....//....//x",
    "a/../../b",
  ];
  for (const name of names) {
    // As bytes of the path, because a URL object would tidy it.
    const path = `/v1/documents/${encodeURIComponent(name)}`;
    const put = await rawRequest("PUT", path, owner, "mine");
    expect([name, put.status]).toEqual([name, 200]);
    const list = await rawRequest("GET", "/v1/documents", owner);
    expect((JSON.parse(list.text) as { documents: object[] }).documents).toMatchObject([{ name, bytes: 4 }]);
    expect([name, (await rawRequest("DELETE", path, owner)).status]).toEqual([name, 204]);
  }
  for (const path of [
    "/v1/documents/../../../etc/passwd",
    "/v1/documents/a/b",
    "/v1/documents/..",
    "/v1/../v1/documents/a/b",
  ]) {
    for (const method of ["PUT", "GET", "DELETE"]) {
      const { status, text } = await rawRequest(method, path, owner, method === "PUT" ? "mine" : undefined);
      expect([method, path, status < 500 && status !== 204, text.includes("root:")]).toEqual([
        method,
        path,
        true,
        false,
      ]);
    }
  }
  expect((await rawRequest("PUT", "/v1/documents/nul%00.txt", owner, "mine")).status).toBe(422);
  expect(JSON.parse((await rawRequest("GET", "/v1/documents", owner)).text)).toEqual({ documents: [] });
  expect(files()).toEqual(before);
});

test("the page comes with a policy that lets in nothing from elsewhere", async () => {
  const page = await fetch(`${server.url}/`);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain("<html");
  const policy = (page.headers.get("content-security-policy") ?? "").split(";").map((rule) => rule.trim());
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]),
  );
  expect(policy.join(" ")).not.toMatch(/unsafe|https?:|\*/);
  expect(Object.fromEntries(page.headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": expect.stringMatching(/SAMEORIGIN|DENY/),
  });
  // Over http it must not promise https, and nobody is told what it is made of.
  expect([page.headers.get("strict-transport-security"), page.headers.get("x-powered-by")]).toEqual([null, null]);
  const scripts = Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), ([, path]) => path ?? "");
  expect(scripts.filter((path) => !path.startsWith("/"))).toEqual([]);
  for (const path of scripts) expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 200]);
});

test("what is not there is a problem document with 404, and no path leads out of the page's folder", async () => {
  const paths = [
    "/nothing",
    "/v1",
    "/v1/nothing",
    "/api/auth/nothing",
    "/assets/../../package.json",
    "/%2e%2e/%2e%2e/package.json",
  ];
  for (const path of paths) {
    expect([path, await refusal(await fetch(`${server.url}${path}`))]).toEqual([path, problem(404, "not_found")]);
  }
  expect(await refusal(await fetch(`${server.url}/`, { method: "POST" }))).toEqual(problem(404, "not_found"));
  expect(await refusal(await fetch(`${server.url}/v1/threads`))).toEqual(problem(401, "unauthenticated"));
});

test("a request that cannot be understood is refused with a code, and one that is too large with 413", async () => {
  const { cookie, origin } = await signUp(server, "joan");
  const send = (body: BodyInit, path = "/v1/commands") =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { cookie, origin, "content-type": "application/json" },
      body,
    });
  for (const body of ["", "{", "[]", "null", "{}", '{"id":"a","type":"thread.create","data":{},"userId":"b"}']) {
    expect([body, await refusal(await send(body))]).toEqual([body, problem(400, "bad_frame")]);
  }
  expect(await refusal(await send('{"id":"a","type":"no.such","data":{}}'))).toEqual(problem(400, "unknown_type"));
  expect(await refusal(await send('{"id":"a","type":"run.stop","data":{"runId":"no id"}}'))).toEqual(
    problem(422, "invalid_data"),
  );
  // Such a connection ends, and says so, since its body is not read to the end: no later request may be lost on it.
  for (const path of ["/v1/commands", "/api/auth/sign-in/email"]) {
    const large = await send("x".repeat(300_000), path);
    expect([path, large.headers.get("connection"), await refusal(large)]).toEqual([
      path,
      "close",
      problem(413, "too_large"),
    ]);
  }
  const threads = await fetch(`${server.url}/v1/threads/nonsense`, { headers: { cookie } });
  expect(await refusal(threads)).toEqual(problem(422, "invalid_data"));
});

test("who looks after the server learns whether it lives, takes traffic, and what it does", async () => {
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const metrics = await fetch(`${server.url}/metrics`);
  expect(metrics.headers.get("content-type")).toContain("text/plain");
  expect(await metrics.text()).toMatch(/^\S*connections\S* 0$/m);
});
