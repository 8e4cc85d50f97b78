import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readArguments } from "./arguments.ts";
import { readSettings } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Settings from flags, variables and a configuration, of which any may be left out. */
function settingsOf(flags: readonly string[], env: Record<string, string> = {}, config = "export default {}") {
  const path = join(folder, "throughline.config.mjs");
  writeFileSync(path, config);
  return readSettings(readArguments(["start", "--config", path, ...flags]), env);
}

describe("what counts most", () => {
  const flags = ["--port", "1", "--host", "flag", "--data", "/flag"];
  const env = { PORT: "2", HOST: "variable", DATA_DIR: "/variable" };
  const config = 'export const config = { port: 3, hostname: "config", dataDirectory: "/config" }';

  test.each([
    { given: "flags", settings: () => settingsOf(flags, env, config), port: 1, hostname: "flag", data: "/flag" },
    {
      given: "variables",
      settings: () => settingsOf([], env, config),
      port: 2,
      hostname: "variable",
      data: "/variable",
    },
    {
      given: "configuration",
      settings: () => settingsOf([], {}, config),
      port: 3,
      hostname: "config",
      data: "/config",
    },
    { given: "nothing", settings: () => settingsOf([]), port: 3_000, hostname: "127.0.0.1", data: resolve("data") },
  ])("$given", async ({ settings, port, hostname, data }) => {
    expect(await settings()).toMatchObject({ port, hostname, dataDirectory: data });
  });

  test("each is decided on its own", async () => {
    expect(await settingsOf(["--port", "0"], { HOST: "variable" }, config)).toMatchObject({
      port: 0,
      hostname: "variable",
      dataDirectory: "/config",
    });
  });

  test("an empty variable is none, for the server as well", async () => {
    const empty = { PORT: "", HOST: "", DATA_DIR: "", PUBLIC_URL: "", THROUGHLINE_DURABILITY: "", OPENAI_API_KEY: "" };
    expect(await settingsOf([], empty, config)).toMatchObject({ port: 3, hostname: "config", env: {} });
  });

  test("THROUGHLINE_QUALITY_GATE and its content type over the configuration", async () => {
    const config = 'export const config = { quality: { gate: "block", strict: true }, operators: ["ann"] }';
    expect(await settingsOf([], {}, config)).toMatchObject({
      quality: { gate: "block", strict: true },
      operators: ["ann"],
    });
    const env = {
      THROUGHLINE_QUALITY_GATE: "annotate",
      THROUGHLINE_QUALITY_CONTENT_TYPE: "report",
      THROUGHLINE_OPERATORS: "bob, cleo",
    };
    expect(await settingsOf([], env, config)).toMatchObject({
      quality: { gate: "annotate", strict: true, contentType: "report" },
      operators: ["bob", "cleo"],
    });
    await expect(settingsOf([], { THROUGHLINE_QUALITY_GATE: "maybe" })).rejects.toThrow("off, annotate or block");
    await expect(settingsOf([], { ...env, THROUGHLINE_QUALITY_CONTENT_TYPE: "poem" })).rejects.toThrow("it is one of");
    expect(await settingsOf([], { THROUGHLINE_QUALITY_CONTENT_TYPE: "report" }, config)).toMatchObject({
      quality: { gate: "block", contentType: "report" },
    });
  });

  test("THROUGHLINE_QUALITY_CONTENT_TYPE means nothing without a gate", async () => {
    await expect(settingsOf([], { THROUGHLINE_QUALITY_CONTENT_TYPE: "report" })).rejects.toThrow("GATE is not set");
  });

  test("THROUGHLINE_WIRE_BRIDGE is a last day, or off", async () => {
    expect((await settingsOf([], { THROUGHLINE_WIRE_BRIDGE: "2027-06-30" })).wires?.map(({ path }) => path)).toEqual([
      "/ws",
    ]);
    expect((await settingsOf([], { THROUGHLINE_WIRE_BRIDGE: "off" })).wires).toEqual([]);
    for (const text of ["on", "2027-13-01", "2027"]) {
      await expect(settingsOf([], { THROUGHLINE_WIRE_BRIDGE: text })).rejects.toThrow("the last day");
    }
  });

  test("THROUGHLINE_SIGN_UP over the configuration", async () => {
    const config = 'export default { signUp: "closed" }';
    expect(await settingsOf([], {}, config)).toMatchObject({ signUp: "closed" });
    expect(await settingsOf([], { THROUGHLINE_SIGN_UP: "open" }, config)).toMatchObject({ signUp: "open" });
    await expect(settingsOf([], { THROUGHLINE_SIGN_UP: "no" }, config)).rejects.toThrow("THROUGHLINE_SIGN_UP");
  });

  test("THROUGHLINE_RETENTION_DAYS over the configuration, which counts in milliseconds", async () => {
    const config = "export default { retentionMs: 1000 }";
    expect(await settingsOf([], {}, config)).toMatchObject({ retentionMs: 1_000 });
    expect(await settingsOf([], { THROUGHLINE_RETENTION_DAYS: "0.5" }, config)).toMatchObject({
      retentionMs: 43_200_000,
    });
    for (const text of ["0", "-1", "soon", "1e9"]) {
      await expect(settingsOf([], { THROUGHLINE_RETENTION_DAYS: text })).rejects.toThrow("THROUGHLINE_RETENTION_DAYS");
    }
  });

  test("PUBLIC_URL and THROUGHLINE_DURABILITY over the configuration", async () => {
    const both = 'export default { publicUrl: "https://config.example", durability: "full" }';
    const variables = { PUBLIC_URL: "https://Variable.example/", THROUGHLINE_DURABILITY: "relaxed" };
    expect(await settingsOf([], variables, both)).toMatchObject({
      publicUrl: "https://variable.example",
      durability: "relaxed",
    });
    expect(await settingsOf([], {}, both)).toMatchObject({ publicUrl: "https://config.example", durability: "full" });
  });
});

test("relative paths count from the configuration that they stand in", async () => {
  const settings = await settingsOf([], {}, 'export default { dataDirectory: "here/data", webRoot: "page" }');
  expect(settings).toMatchObject({ dataDirectory: join(folder, "here/data"), webRoot: join(folder, "page") });
});

describe("variables that make no sense", () => {
  const form = "it is an http or https address without a path, such as https://chat.example.org";
  test.each<{ env: Record<string, string>; message: string }>([
    { env: { PORT: "web" }, message: 'unable to use PORT "web"; a port is a whole number from 0 to 65535' },
    {
      env: { THROUGHLINE_DURABILITY: "none" },
      message: 'unable to use THROUGHLINE_DURABILITY "none"; it is full or relaxed',
    },
    { env: { PUBLIC_URL: "chat.example.org" }, message: `unable to use PUBLIC_URL "chat.example.org"; ${form}` },
    {
      env: { PUBLIC_URL: "https://x.example/chat" },
      message: `unable to use PUBLIC_URL "https://x.example/chat"; ${form}`,
    },
    { env: { PUBLIC_URL: "ws://x.example" }, message: `unable to use PUBLIC_URL "ws://x.example"; ${form}` },
  ])("$env", async ({ env, message }) => {
    await expect(settingsOf([], env)).rejects.toMatchObject({ name: "UsageError", message });
  });
});
