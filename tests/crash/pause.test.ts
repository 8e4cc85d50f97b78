/**
 * The server is held up as a stalled machine is (SIGSTOP, SIGCONT): its connections stay open and say nothing, its timers
 * and leases run out all at once when it wakes. Devices find out by themselves, and nothing is lost, repeated or executed
 * a second time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, type EventHandlers } from "@throughline/client";
import { type Event, eventTypes } from "@throughline/protocol";
import { expect, test } from "vitest";
import { Random } from "../simulation/random.ts";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { CrashPerson } from "./crash-person.ts";
import { truthOf } from "./lost-or-kept.ts";

const limits = {
  heartbeatIntervalMs: 300,
  leaseDurationMs: 900,
  leaseRenewIntervalMs: 300,
  commandsPerMinuteMax: 1_000_000,
  toolCallsPerMinuteMax: 1_000_000,
  compactionDelayMs: 86_400_000,
};

interface Device {
  readonly client: Client;
  readonly events: Event[];
  resets: number;
}

async function deviceOf(world: ScriptedWorld, transport: "websocket" | "sse"): Promise<Device> {
  const credential = await world.credential("ada");
  const client = createClient({ url: world.server.url, credential: () => credential, transport });
  const device: Device = { client, events: [], resets: 0 };
  const keep = (event: Event) => void device.events.push(event);
  const reset = () => {
    device.resets += 1;
  };
  client.subscribe({
    ...Object.fromEntries(eventTypes.map((type) => [type, keep])),
    reset,
  } as unknown as EventHandlers);
  client.connect();
  await until(() => client.status.state === "live");
  return device;
}

function until(condition: () => boolean): Promise<void> {
  return expect.poll(condition, { timeout: 30_000, interval: 10 }).toBe(true);
}

test("for longer than every lease and heartbeat: devices notice, come back, and every run goes on as it was", async () => {
  await using world = await ScriptedWorld.start(limits);
  await using witness = await world.webSocket("ada");
  const epoch = witness.cursor?.split("-")[0] ?? "";
  const devices = [await deviceOf(world, "websocket"), await deviceOf(world, "sse")] as const;
  try {
    const actions = [
      script({ call: "write_once", label: "once", holdMs: 1_500 }),
      script({ call: "write_again", label: "again", holdMs: 1_500 }),
      script({ stream: 100, everyMs: 20 }),
    ];
    await Promise.all(actions.map((text) => devices[0].client.send({ text }).reply));
    await until(
      () => world.server.effects.length === 2 && devices[1].events.some(({ type }) => type === "agent_delta"),
    );

    const paused = performance.now();
    world.server.pause();
    await Promise.all(devices.map(({ client }) => until(() => client.status.state !== "live")));
    // What they send meanwhile waits for the server with them.
    const sent = devices.map(({ client }, index) => client.send({ text: `from device ${index}` }));
    // The length of the pause is what this is about.
    await sleep(3 * limits.leaseDurationMs - (performance.now() - paused));
    world.server.resume();

    await Promise.all(sent.map(({ reply }) => reply));
    await Promise.all(devices.map(({ client }) => until(() => client.status.state === "live")));
    const { events } = await truthOf(world, "ada", epoch);
    for (const device of devices) {
      await until(() => device.events.length === events.length);
      expect(device.events).toEqual(events);
      expect(device.resets).toBe(0);
    }
    const count = (type: Event["type"]) => events.filter((event) => event.type === type).length;
    expect([count("message_accepted"), count("agent_completed")]).toEqual([5, 5]);
    // Nobody has taken a run away from the process that still had it: idle time is not death.
    expect(count("run_resumed")).toBe(0);
    expect(world.server.effects.map((line) => line.split(" ")[0]).toSorted()).toEqual(["write_again", "write_once"]);
    const outcomes = events.flatMap((event) => (event.type === "tool_completed" ? [event.data.outcome] : []));
    expect(outcomes).toEqual(["completed", "completed"]);
  } finally {
    for (const { client } of devices) client.close();
  }
});

test("again and again under load: not one run is interrupted, nothing is lost and nothing comes twice", {
  timeout: 180_000,
}, async () => {
  const seed = process.env.THROUGHLINE_SEED ?? String(Date.now() % 1_000_000);
  console.log(`pauses with THROUGHLINE_SEED=${seed}`);
  const random = new Random(`pauses ${seed}`);
  await using world = await ScriptedWorld.start(limits);
  let pausing = true;
  const people = ["one", "two", "three"].map((name) => new CrashPerson(world, name, random.stream(name)));
  const living = Promise.all(people.map((person) => person.live(() => pausing)));
  const moments = random.stream("moments");
  for (let pause = 0; pause < 12; pause += 1) {
    await Promise.race([sleep(moments.between(50, 400)), living]);
    world.server.pause();
    await sleep(pause % 3 === 0 ? moments.between(1, 2) * limits.leaseDurationMs : moments.between(1, 200));
    world.server.resume();
  }
  pausing = false;
  await living;
  let runs = 0;
  for (const person of people) {
    const seen = await person.verify();
    expect([seen.resumed, seen.unknown, seen.repeatedTools]).toEqual([0, 0, 0]);
    runs += seen.runs;
  }
  console.log(`12 pauses, ${runs} runs`);
  expect(runs).toBeGreaterThan(12);
});
