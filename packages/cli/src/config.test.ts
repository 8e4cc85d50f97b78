import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "./config.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const path = join(folder, "throughline.config.mjs");
  writeFileSync(path, text);
  return loadConfig(path);
}

test("everything that a configuration may hold", async () => {
  const config = await load(`
    const run = async () => "hello";
    export const config = {
      dataDirectory: "/data", port: 0, hostname: "::1", publicUrl: "https://a.example", trustProxy: true,
      trustedOrigins: ["https://b.example"], durability: "relaxed", limits: { runsPerUserMax: 2 }, webRoot: "/page",
      issuers: [{ name: "own", issuer: "https://c.example", audience: "us", jwksUrl: "https://c.example/keys" }],
      agent: { name: "greeter", run }, model: { provider: "local", chunkDelayMs: 0 }, policy: () => true,
    };
  `);
  expect(config).toEqual({
    dataDirectory: "/data",
    port: 0,
    hostname: "::1",
    publicUrl: "https://a.example",
    trustProxy: true,
    trustedOrigins: ["https://b.example"],
    durability: "relaxed",
    limits: { runsPerUserMax: 2 },
    webRoot: "/page",
    issuers: [{ name: "own", issuer: "https://c.example", audience: "us", jwksUrl: "https://c.example/keys" }],
    agent: { name: "greeter", run: expect.any(Function) },
    model: { provider: "local", chunkDelayMs: 0 },
    policy: expect.any(Function),
  });
});

test("a model object is passed on as it is", async () => {
  const { model } = await load(`
    class Model { specificationVersion = "v4"; modelId = "mine"; #secret = 1; get secret() { return this.#secret; } }
    export default { model: new Model() };
  `);
  expect(model).toMatchObject({ modelId: "mine", secret: 1 });
});

test("a default export serves as well, and a missing file by our name is no configuration", async () => {
  expect(await load("export default { port: 4000 }")).toEqual({ port: 4_000 });
  expect(await loadConfig(undefined)).toEqual({});
});

test.each([
  ["export default { prot: 1 }", 'Unrecognized key: "prot"'],
  ["export default { port: 65536 }", "port: Too big: expected number to be <=65535"],
  ["export default { port: '80' }", "port: Invalid input: expected number, received string"],
  ["export default { limits: { runsPerUser: 1 } }", 'limits: Unrecognized key: "runsPerUser"'],
  ["export default { limits: { runsPerUserMax: 0 } }", "limits.runsPerUserMax: Too small: expected number to be >=1"],
  [
    "export default { issuers: [{ name: 'x' }] }",
    "issuers.0.issuer: Invalid input: expected string, received undefined",
  ],
  ["export default { agent: () => 'hello' }", "agent: this is no agent; make one with `defineAgent`"],
  ["export default { policy: true }", "policy: a policy is a function"],
  ["export default { model: 'gpt' }", "model: Invalid input: expected object, received string"],
  ["export default { model: { provider: 'opnai' } }", "model.provider: Invalid discriminator value"],
  ["export default { model: { provider: 'openai', key: 'x' } }", 'model: Unrecognized key: "key"'],
  ["export default 5", "Invalid input: expected object, received number"],
  ["export const settings = {}", "it exports neither `config` nor a default"],
  ["throw new Error('no luck')", "no luck"],
])("%s is refused", async (text, reason) => {
  await expect(load(text)).rejects.toMatchObject({
    name: "StartError",
    code: "bad_option",
    message: expect.stringContaining(reason),
    advice: "correct the file; `defineConfig` of @throughline/cli checks it where it is written",
  });
});

test("a file that is not there is refused by its name", async () => {
  const path = join(folder, "nowhere.ts");
  await expect(loadConfig(path)).rejects.toMatchObject({ message: `unable to use ${path}; there is no such file` });
});
