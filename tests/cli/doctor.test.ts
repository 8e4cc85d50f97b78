import { chmodSync, existsSync, truncateSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Throughline } from "./throughline.ts";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Its findings by their check, and its exit code. */
async function doctor(
  throughline: Throughline,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const { code, stdout, stderr } = await throughline.run(["doctor", "--json", ...args], env);
  expect(stderr).toBe("");
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] };
  expect(code).toBe(ok ? 0 : 1);
  const problems = Object.fromEntries(
    findings.filter((found) => !found.ok).map(({ check, detail }) => [check, detail]),
  );
  return { findings, problems };
}

test("old clients whose last day is over are a problem, and served all the same", async () => {
  await using throughline = new Throughline();
  const over = await doctor(throughline, ["--port", "0"], { THROUGHLINE_WIRE_BRIDGE: "2020-01-31" });
  expect(Object.keys(over.problems)).toEqual(["wire"]);
  expect(over.problems.wire).toContain("until 2020-01-31");
  expect((await doctor(throughline, ["--port", "0"], { THROUGHLINE_WIRE_BRIDGE: "2099-12-31" })).problems).toEqual({});
});

test("before a first start all is well, and nothing is made", async () => {
  await using throughline = new Throughline();
  const { findings, problems } = await doctor(throughline, ["--port", "0"]);
  expect(findings.map(({ check }) => check)).toEqual([
    "node",
    "data",
    "secret",
    "lock",
    "log",
    "disk",
    "clock",
    "port",
    "page",
    "wire",
    "model",
  ]);
  expect(problems).toEqual({});
  expect(existsSync(throughline.path("data"))).toBe(false);
  const words = await throughline.run(["doctor", "--port", "0"]);
  expect(words.stdout).toContain(`ok       data     ${throughline.path("data")} will be made\n`);
  expect(words.code).toBe(0);
});

test("a log that a start would refuse", async () => {
  await using throughline = new Throughline();
  const { server } = await throughline.serve();
  server.signal("SIGTERM");
  await server.ended;
  expect((await doctor(throughline, ["--port", "0"])).problems).toEqual({});
  truncateSync(throughline.path("data/log.db"));
  const advice = "put the whole folder back from a backup, with no file of another copy, or move it away to begin anew";
  expect((await doctor(throughline, ["--port", "0"])).problems).toEqual({
    log: `unable to use ${throughline.path("data/log.db")}; it is empty, and a log never is; ${advice}`,
  });
});

test("beside a running server: the data and the port are taken", async () => {
  await using throughline = new Throughline();
  const { listening } = await throughline.serve();
  const { port } = new URL(listening.url);
  const { problems } = await doctor(throughline, ["--port", port]);
  expect(problems).toEqual({
    lock: `another process uses ${listening.dataDirectory}; stop it, or give this one a folder of its own`,
    port: `listen EADDRINUSE: address already in use 127.0.0.1:${port}; choose another with --port or --host`,
  });
});

test("a secret that others can read, and a clock that was set back", async () => {
  await using throughline = new Throughline();
  const { server } = await throughline.serve();
  server.signal("SIGTERM");
  await server.ended;
  chmodSync(throughline.path("data/secret"), 0o644);
  const tomorrow = new Date(Date.now() + 86_400_000);
  utimesSync(throughline.path("data/log.db"), tomorrow, tomorrow);
  const { problems } = await doctor(throughline, ["--port", "0"]);
  expect(problems).toEqual({
    secret: `others can read ${throughline.path("data/secret")}; chmod 600 it, or let the next start do so`,
    clock: expect.stringContaining(`but ${throughline.path("data/log.db")} was written at ${tomorrow.toISOString()}`),
  });
});

test("a data folder that is a file, and a page that is not there", async () => {
  await using throughline = new Throughline();
  throughline.write("file", "");
  throughline.write("throughline.config.mjs", 'export default { dataDirectory: "file", webRoot: "page" };');
  const { problems } = await doctor(throughline, ["--port", "0"]);
  expect(problems).toMatchObject({
    data: `${throughline.path("file")} is a file; choose another folder with --data or DATA_DIR`,
    page: `${throughline.path("page")} holds no page; build it`,
  });
});

test("a configuration that cannot be used is all that can be said", async () => {
  await using throughline = new Throughline();
  throughline.write("throughline.config.mjs", "export default { prot: 1 };");
  const { findings, problems } = await doctor(throughline);
  expect(findings.map(({ check }) => check)).toEqual(["node", "config"]);
  expect(problems.config).toContain('Unrecognized key: "prot"');
});

test("a model is asked: one that refuses its key, and one that is not there", async () => {
  await using throughline = new Throughline();
  const asked: unknown[] = [];
  const provider = createServer((request, response) => {
    asked.push([request.url, request.headers.authorization]);
    response.writeHead(401, { "content-type": "application/json" }).end('{"error":{"message":"bad key"}}');
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => provider.once("listening", resolve));
  const { port } = provider.address() as AddressInfo;
  const env = { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, THROUGHLINE_MODEL: "mine", OPENAI_API_KEY: "key" };

  const refused = await doctor(throughline, ["--port", "0"], env);
  expect(Object.keys(refused.problems)).toEqual(["model"]);
  expect(refused.problems.model).toMatch(/^unable to get an answer from the model; .*key.*\(mine at http:/);
  expect(asked).toEqual([["/v1/chat/completions", "Bearer key"]]);

  provider.close();
  const gone = await doctor(throughline, ["--port", "0"], env);
  expect(gone.problems.model).toMatch(/^unable to get an answer from the model; no connection to it/);
});
