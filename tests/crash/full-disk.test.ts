/** The disk of the data folder is full, really full, while people write and runs work, and later it is not. */
import { join } from "node:path";
import type { CommandData } from "@throughline/protocol";
import { expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { SmallDisk } from "../support/small-disk.ts";
import type { TestDevice } from "../support/test-device.ts";
import { truthOf } from "./lost-or-kept.ts";

const diskMebibytes = 12;
const rounds = ["first", "second"];
const noDisk = "this user may not mount a file system that could run full";

interface Sent {
  readonly id: string;
  readonly data: CommandData["message.send"];
}

/** Sends messages until one is refused; resolves with those that were accepted and the one that was not. */
async function sendUntilRefused(device: TestDevice, round: string): Promise<{ accepted: Sent[]; refused: Sent }> {
  const accepted: Sent[] = [];
  for (let count = 0; count < 1_000; count += 1) {
    const sent: Sent = { id: `${round}-${count}`, data: { text: `${round} ${count} ${"x".repeat(2_000)}` } };
    const reply = await device.ask("message.send", sent.data, sent.id);
    if (!reply.ok) {
      expect(reply.error).toMatchObject({ code: "not_ready", retryable: true });
      expect(reply.error.message).toMatch(/^unable to append; the storage failed$/);
      return { accepted, refused: sent };
    }
    accepted.push(sent);
  }
  throw new Error("unable to fill the disk; every message was accepted");
}

test("commands are refused while it is full, reading goes on, and everything ends once there is room again", async (context) => {
  await using disk = SmallDisk.mount(diskMebibytes);
  if (disk === undefined) return context.skip(noDisk);
  const limits = { commandsPerMinuteMax: 100_000, queuedRunsPerThreadMax: 1_000, compactionDelayMs: 3_600_000 };
  await using world = await ScriptedWorld.start(limits, {}, { dataDirectory: join(disk.path, "data") });
  await using webSocket = await world.webSocket("ada");
  await using sse = await world.sse("ada");
  const epoch = webSocket.cursor?.split("-")[0] ?? "";
  const everySent: Sent[] = [];
  for (const round of rounds) {
    // Runs in every state that a full disk can meet: in a call of either kind, in the middle of a step, and waiting.
    const working: Sent[] = [
      script({ call: "write_once", label: `${round}-once`, holdMs: 1_000 }),
      script({ call: "write_again", label: `${round}-again`, holdMs: 1_000 }),
      script({ stream: 400, everyMs: 10 }),
    ].map((text, index) => ({ id: `${round}-working-${index}`, data: { text } }));
    for (const { id, data } of working) await webSocket.command("message.send", data, id);
    const begun = () => world.server.effects.filter((line) => line.includes(`${round}-`)).length;
    await expect.poll(begun, { timeout: 20_000, interval: 10 }).toBe(2);

    disk.fill();
    const { accepted, refused } = await sendUntilRefused(webSocket, round);
    // Again and again, and from another device as well: never an ok that is none.
    for (let count = 0; count < 5; count += 1) {
      expect(await sse.refusal("message.send", refused.data, refused.id)).toMatchObject({ code: "not_ready" });
    }
    everySent.push(...working, ...accepted, refused);
    // Until no attempt is under way, so that no call is either: what it did could not be stored.
    await expect.poll(() => activeRuns(world), { timeout: 20_000, interval: 10 }).toBe(0);
    expect((await world.get("ada", "/v1/threads")).status).toBe(200);
    const reached = webSocket.sequence;
    await using reader = await world.webSocket("ada", { after: `${epoch}-0` });
    await reader.reached(reached);
    expect((await world.get("ada", "/livez")).status).toBe(200);
    expect(world.server.output).toContain("database or disk is full");

    disk.free();
    // The same id finds out what became of the message that was refused, on either device.
    const replies = await Promise.all(
      [webSocket, sse].map(async (device) => {
        for (;;) {
          const reply = await device.ask("message.send", refused.data, refused.id);
          if (reply.ok) return reply.data;
          expect(reply.error.code).toBe("not_ready");
        }
      }),
    );
    expect(replies[0]).toEqual(replies[1]);
  }

  const { events, texts } = await truthOf(world, "ada", epoch);
  for (const device of [webSocket, sse]) {
    await device.reached(events.length);
    expect(device.resets).toEqual([]);
    expect(device.events.map((event) => JSON.stringify(event))).toEqual(texts);
  }
  const accepted = events.flatMap((event) => (event.type === "message_accepted" ? [event.data.commandId] : []));
  expect(accepted.toSorted()).toEqual(everySent.map(({ id }) => id).toSorted());
  const completed = events.flatMap((event) => (event.type === "agent_completed" ? [event] : []));
  expect(new Set(completed.map(({ runId }) => runId)).size).toBe(completed.length);
  expect(completed.filter(({ data }) => data.outcome !== "completed")).toEqual([]);
  // The result of either call could not be stored: nobody knows of the one, the other was called again with its key.
  for (const round of rounds) {
    const results = new Map(
      events.flatMap((event) => (event.type === "tool_completed" ? [[event.data.callId, event.data] as const] : [])),
    );
    const executingOf = (label: string) => {
      const found = events.find((event) => event.type === "tool_executing" && isOf(event.data.input, label));
      if (found?.type !== "tool_executing") throw new Error(`unable to find the call of ${label}`);
      return found;
    };
    const resultOf = (label: string) => results.get(executingOf(label).data.callId);
    expect(resultOf(`${round}-once`)).toMatchObject({ outcome: "unknown", error: { code: "outcome_unknown" } });
    expect(world.server.effects.filter((line) => line.startsWith(`write_once ${round}-once `))).toHaveLength(1);
    const again = resultOf(`${round}-again`);
    expect(again).toMatchObject({ outcome: "completed" });
    const keys = world.server.effects.filter((line) => line.startsWith(`write_again ${round}-again `));
    // At most once in each attempt, and every attempt but the first says that it begins before it calls anything. How many
    // there are depends on how often an attempt met the full disk.
    const { runId } = executingOf(`${round}-again`);
    const attempts = 1 + events.filter((event) => event.type === "run_resumed" && event.runId === runId).length;
    expect(new Set(keys)).toEqual(new Set([`write_again ${round}-again ${again?.callId}`]));
    expect(keys.length).toBeGreaterThanOrEqual(2);
    expect(keys.length).toBeLessThanOrEqual(attempts);
  }
});

test("a start is refused while it is full, and loses nothing by it", async (context) => {
  await using disk = SmallDisk.mount(diskMebibytes);
  if (disk === undefined) return context.skip(noDisk);
  await using world = await ScriptedWorld.start({}, {}, { dataDirectory: join(disk.path, "data") });
  await using device = await world.webSocket("ada");
  const { runId } = await device.command("message.send", { text: script({ produce: 50, bytes: 2_000 }) });
  await device.ended(runId);
  const epoch = device.cursor?.split("-")[0] ?? "";
  await world.server.terminate();
  disk.fill();
  expect(await world.server.refusedStart()).toMatchObject({
    code: "data_unwritable",
    message: expect.stringContaining("database or disk is full"),
    advice: "give a folder that this user may write, with free space",
  });
  disk.free();
  await world.server.start();
  const { texts } = await truthOf(world, "ada", epoch);
  expect(texts).toEqual(device.events.map((event) => JSON.stringify(event)));
});

async function activeRuns(world: ScriptedWorld): Promise<number> {
  const text = await (await fetch(`${world.server.url}/metrics`)).text();
  return Number(/^\S*runs_active\S* (\d+)$/m.exec(text)?.[1]);
}

function isOf(input: unknown, label: string): boolean {
  return (input as { label?: string } | null)?.label === label;
}
