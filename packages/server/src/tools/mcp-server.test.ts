import { join } from "node:path";
import type { CallId, RunId, ThreadId, UserId } from "@throughline/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { type McpServer, mountMcpServer } from "./mcp-server.ts";

const program = join(import.meta.dirname, "../../../../tests/support/mcp-program.mjs");

let server: McpServer;
beforeEach(async () => {
  server = await mountMcpServer({
    name: "bank",
    command: process.execPath,
    args: [program],
    once: { fail: "idempotent" },
    approval: { die: "always" },
  });
});
afterEach(() => server.close());

function tool(name: string) {
  const found = server.tools.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

async function call(name: string, input: unknown, signal = new AbortController().signal): Promise<unknown> {
  return tool(name).execute(input, {
    userId: "alice" as UserId,
    threadId: "thr_aaaaaaaaaa" as ThreadId,
    runId: "run_aaaaaaaaaa" as RunId,
    callId: "call_aaaaaaaaaa" as CallId,
    idempotencyKey: "key",
    signal,
    clock: systemClock,
  });
}

describe("a mounted MCP server", () => {
  test("offers its tools under its name, repeatable only where it or the program says so", () => {
    expect(server.tools.map(({ name, once, approval }) => [name, once, approval])).toEqual([
      ["bank_add", "idempotent", "never"],
      ["bank_fail", "idempotent", "never"],
      ["bank_hang", "at-most-once", "never"],
      ["bank_die", "at-most-once", "always"],
    ]);
  });

  test("says its inputs as JSON Schema and refuses others", async () => {
    const { input } = tool("bank_add");
    expect(input["~standard"].jsonSchema.input({ target: "draft-07" })).toMatchObject({ required: ["a", "b"] });
    expect((await input["~standard"].validate({ a: 1 })).issues).not.toBeUndefined();
    expect((await input["~standard"].validate({ a: 1, b: 2 })).issues).toBeUndefined();
  });

  test("returns what its tools return, and shows their failures", async () => {
    expect(await call("bank_add", { a: 40, b: 2 })).toEqual({ sum: 42 });
    await expect(call("bank_fail", {})).rejects.toThrow("no such account");
  });

  test("passes an abort on", async () => {
    const abort = new AbortController();
    const hanging = call("bank_hang", {}, abort.signal);
    abort.abort();
    await expect(hanging).rejects.toThrow();
  });

  test("that dies fails its call, and is connected to again by the next", async () => {
    await expect(call("bank_die", {})).rejects.toThrow();
    expect(await call("bank_add", { a: 1, b: 1 })).toEqual({ sum: 2 });
  });
});

test("a server that cannot be reached is a failure at start-up", async () => {
  await expect(mountMcpServer({ name: "gone", command: "/nonexistent/program" })).rejects.toThrow();
  await expect(mountMcpServer({ name: "gone", url: "http://127.0.0.1:9/" })).rejects.toThrow();
  await expect(mountMcpServer({ name: "not a name", url: "http://127.0.0.1:9/" })).rejects.toThrow(
    "1 to 24 characters",
  );
});
