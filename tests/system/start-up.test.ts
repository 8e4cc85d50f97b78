/** What a server does while it starts, when it cannot start, and how it stops. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { script, streamedText } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { freePort, runProgram } from "../support/server-process.ts";

// Each of these tests starts several processes, one after the other.
vi.setConfig({ testTimeout: 180_000 });

/** Tries again as long as nobody listens. */
async function untilSomebodyListens<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!`${error} ${(error as Error).cause}`.includes("ECONNREFUSED")) throw error;
      await sleep(5);
    }
  }
}

test("a request, a stream and a WebSocket that come while the server starts are answered once it has", async () => {
  await using world = await ScriptedWorld.start();
  await world.server.kill9();
  const starting = world.server.start();
  const [live, webSocket, sse] = await Promise.all([
    untilSomebodyListens(() => fetch(`${world.server.url}/livez`, { signal: AbortSignal.timeout(20_000) })),
    untilSomebodyListens(() => world.webSocket("early")),
    untilSomebodyListens(() => world.sse("early")),
  ]);
  await using _webSocket = webSocket;
  await using _sse = sse;
  expect(live.status).toBe(200);
  await starting;
  await webSocket.command("thread.create", {});
  await Promise.all([webSocket, sse].map((device) => device.event("thread_created")));
});

test("told to stop, it says so, finishes the run in hand, refuses new work, and exits with 0; the rest goes on later", async () => {
  await using world = await ScriptedWorld.start({ drainTimeoutMs: 3_000 });
  const { server } = world;
  await using device = await world.webSocket("ada");
  await using stream = await world.sse("ada");
  const short = await device.command("message.send", { text: script({ stream: 20, everyMs: 30 }) });
  const long = await device.command("message.send", { text: script({ stream: 160, everyMs: 30 }) });
  await Promise.all([short, long].map(({ runId }) => device.event("agent_delta", runId)));

  server.askToStop();
  for (const each of [device, stream]) await each.until(() => each.draining !== undefined, "draining");
  expect(device.draining?.reconnectAfterMs).toBeGreaterThan(0);
  expect(await device.refusal("message.send", { text: "too late" })).toMatchObject({
    code: "draining",
    retryable: true,
  });
  await expect(world.webSocket("ada")).rejects.toThrow("503");
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  const completed = await device.ended(short.runId);
  expect(completed.data).toMatchObject({ outcome: "completed", message: { text: streamedText(20) } });
  expect((await device.untilClosed()).code).toBe(1012);
  expect(await server.ended()).toBe(0);
  expect(device.of(long.runId).some(({ type }) => type === "agent_completed")).toBe(false);

  await server.start();
  await using later = await world.webSocket("ada", { after: device.cursor ?? null });
  expect((await later.ended(long.runId)).data).toMatchObject({
    outcome: "completed",
    message: { text: streamedText(160) },
  });
  expect((await later.event("run_resumed", long.runId)).data).toMatchObject({ attempt: 2 });
});

test("a start that cannot work says why and what to do, and exits with 1", async () => {
  await using world = await ScriptedWorld.start();
  const { port, dataDirectory } = world.server;
  const elsewhere = mkdtempSync(join(tmpdir(), "throughline-start-"));
  try {
    const taken = await runProgram(["start", "--port", String(port), "--data", elsewhere, "--json"]);
    expect(taken.code).toBe(1);
    expect(JSON.parse(taken.stdout)).toEqual({
      event: "failed",
      code: "port_in_use",
      message: `unable to listen; port ${port} is in use`,
      advice: expect.stringContaining("another port"),
    });
    const locked = await runProgram(["start", "--port", "0", "--data", dataDirectory]);
    expect(locked.code).toBe(1);
    expect(locked.stderr).toContain(`unable to open ${dataDirectory}; another process uses it`);
    expect(locked.stderr).toContain("What to do: stop the other process");
    // The one that runs was not disturbed.
    await using device = await world.webSocket("ada");
    await device.command("thread.create", {});

    const examined = await runProgram(["doctor", "--port", String(port), "--data", dataDirectory, "--json"]);
    const { findings } = JSON.parse(examined.stdout) as { findings: { check: string; ok: boolean }[] };
    expect(examined.code).toBe(1);
    expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(["lock", "port"]);
    const healthy = await runProgram(["doctor", "--port", String(await freePort()), "--data", join(elsewhere, "new")]);
    expect([healthy.code, healthy.stdout]).toEqual([0, expect.not.stringContaining("PROBLEM")]);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

test("a call that makes no sense says which word, leads to the help, and exits with 2", async () => {
  const calls = [
    [["begin"], "begin"],
    [["start", "twice"], "twice"],
    [["start", "--prot", "1"], "--prot"],
    [["start", "--port", "http"], "http"],
  ] as const;
  const results = await Promise.all(calls.map(([args]) => runProgram(args)));
  for (const [index, [, word]] of calls.entries()) {
    expect(results[index]).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining("throughline --help") });
    expect(results[index]?.stderr.split("\n")[0]).toContain(word);
  }
});
