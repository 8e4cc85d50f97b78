/** The server dies by SIGKILL at a chosen moment and is started again on the same data; tests/crash has the random ones. */
import { expect, test } from "vitest";
import { script, streamedText } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import type { TestDevice } from "../support/test-device.ts";

/** Waits for what a tool leaves outside of the server. */
async function effect(world: ScriptedWorld, start: string, lines = 1): Promise<void> {
  const seen = () => world.server.effects.filter((line) => line.startsWith(start)).length;
  await expect.poll(seen, { timeout: 20_000, interval: 5 }).toBe(lines);
}

async function crash(world: ScriptedWorld): Promise<void> {
  await world.server.kill9();
  await world.server.start();
}

test("killed in mid-answer, the run is resumed and answered once, and devices go on where they were", async () => {
  await using world = await ScriptedWorld.start({ deltaIntervalMs: 1 });
  await using webSocket = await world.webSocket("ada");
  await using sse = await world.sse("ada");
  const { runId } = await webSocket.command("message.send", { text: script({ stream: 40, everyMs: 15 }) });
  const deltas = (device: TestDevice) => device.events.filter(({ type }) => type === "agent_delta").length;
  await Promise.all([webSocket, sse].map((device) => device.until(() => deltas(device) >= 5, "five deltas")));
  await crash(world);
  await Promise.all([webSocket.untilClosed(), sse.untilClosed()]);

  await using webSocketAgain = await world.webSocket("ada", { after: webSocket.cursor ?? null });
  await using sseAgain = await world.sse("ada", { after: sse.cursor ?? null });
  const [completed] = await Promise.all([webSocketAgain.ended(runId), sseAgain.ended(runId)]);
  expect(completed.data).toMatchObject({ outcome: "completed", message: { text: streamedText(40) } });
  expect((await webSocketAgain.event("run_resumed", runId)).data).toEqual({ attempt: 2, step: 1 });

  // What a device saw before and after the crash is, byte for byte, what one sees that was never cut off.
  const epoch = webSocket.cursor?.split("-")[0];
  await using fresh = await world.webSocket("ada", { after: `${epoch}-0` });
  await fresh.reached(webSocketAgain.sequence);
  expect([...webSocket.eventTexts, ...webSocketAgain.eventTexts].join()).toBe(fresh.eventTexts.join());
  expect([...sse.eventTexts, ...sseAgain.eventTexts].join()).toBe(fresh.eventTexts.join());
  expect(fresh.events.filter(({ type }) => type === "agent_completed")).toHaveLength(1);
});

test("killed while tools run, one that must not be repeated ends as unknown, one that may is called with its key", async () => {
  await using world = await ScriptedWorld.start();
  await using device = await world.webSocket("ada");
  const once = script({ call: "write_once", label: "once", holdMs: 60_000 });
  const again = script({ call: "write_again", label: "again", holdMs: 1_500 });
  const runs = await Promise.all([once, again].map((text) => device.command("message.send", { text })));
  await effect(world, "write_once once");
  await effect(world, "write_again again");
  await crash(world);
  await device.untilClosed();
  const epoch = device.cursor?.split("-")[0];
  await using later = await world.webSocket("ada", { after: `${epoch}-0` });
  const ended = await Promise.all(runs.map(({ runId }) => later.ended(runId)));
  // The agent was told, and said so.
  expect(ended.map(({ data }) => data.message?.text)).toEqual(["once: unknown", "again: completed"]);
  const results = await Promise.all(runs.map(({ runId }) => later.event("tool_completed", runId)));
  expect(results[0]?.data).toMatchObject({ outcome: "unknown", error: { code: "outcome_unknown" } });
  expect(results[1]?.data).toMatchObject({ outcome: "completed", output: { label: "again" } });
  expect(effects(world, "write_once once")).toHaveLength(1);
  const repeated = effects(world, "write_again again");
  expect(repeated).toEqual([results[1]?.data.callId, results[1]?.data.callId]);
});

/** Keys of the executions that left this effect. */
function effects(world: ScriptedWorld, start: string): string[] {
  return world.server.effects
    .filter((line) => line.startsWith(`${start} `))
    .map((line) => line.slice(start.length + 1));
}
