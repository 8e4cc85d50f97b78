/** The server dies by SIGKILL, at chosen and at random moments, and is started again on the same data. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandData, Event, ReplyData } from "@throughline/protocol";
import { expect, test } from "vitest";
import { type AgentAction, script, streamedText } from "../support/scripted-agent.ts";
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

const kills = 15;
const people = 6;

test(`killed ${kills} times at random under load, nobody loses a message, sees one twice or gets two answers`, async () => {
  const seed = Number(process.env.THROUGHLINE_SEED ?? Date.now() % 1_000_000);
  console.log(`random kills with THROUGHLINE_SEED=${seed}`);
  const random = randomFrom(seed);
  await using world = await ScriptedWorld.start({
    deltaIntervalMs: 5,
    commandsPerMinuteMax: 100_000,
    toolCallsPerMinuteMax: 100_000,
    runAttemptsMax: 1_000,
    compactionDelayMs: 3_600_000,
  });
  let killing = true;
  const all = Array.from({ length: people }, (_, index) => new Person(world, `person-${index}`, random));
  const living = Promise.all(all.map((person) => person.live(() => killing)));
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(50 + random() * 600);
    await crash(world);
  }
  killing = false;
  await living;
  for (const person of all) await person.verify();
  const runs = all.reduce((sum, person) => sum + person.runs, 0);
  const resumed = all.reduce((sum, person) => sum + person.resumed, 0);
  console.log(`${kills} kills, ${runs} runs, ${resumed} resumptions, ${world.server.effects.length} effects`);
  // Otherwise nothing was tried.
  expect(runs).toBeGreaterThan(kills);
  expect(resumed).toBeGreaterThan(0);
}, 300_000);

interface Sent {
  readonly id: string;
  readonly data: CommandData["message.send"];
  reply: ReplyData["message.send"] | undefined;
}

/** Sends messages as long as the kills go on, again with the same id when no reply came, and keeps what it saw. */
class Person {
  readonly #world: ScriptedWorld;
  readonly #name: string;
  readonly #random: () => number;
  readonly #sent: Sent[] = [];
  readonly #events: Event[] = [];
  readonly #texts: string[] = [];
  #cursor: string | null = null;

  constructor(world: ScriptedWorld, name: string, random: () => number) {
    this.#world = world;
    this.#name = name;
    this.#random = random;
  }

  get runs(): number {
    return this.#sent.length;
  }

  get resumed(): number {
    return this.#events.filter(({ type }) => type === "run_resumed").length;
  }

  async live(more: () => boolean): Promise<void> {
    for (;;) {
      const device = await this.#connect();
      try {
        await this.#speak(device, more);
        return;
      } catch (error) {
        if (device.closed === undefined) throw error;
      } finally {
        device.drop();
        await device.untilClosed();
        this.#events.push(...device.events);
        this.#texts.push(...device.eventTexts);
        this.#cursor = device.cursor ?? this.#cursor;
      }
    }
  }

  async verify(): Promise<void> {
    const epoch = this.#cursor?.split("-")[0];
    await using device = await this.#world.webSocket(this.#name, { after: `${epoch}-0` });
    await device.reached(this.#events.length);
    expect(this.#texts.join()).toBe(device.eventTexts.join());
    const of = (type: Event["type"]) => device.events.filter((event) => event.type === type);
    const accepted = of("message_accepted").map((event) => (event.type === "message_accepted" ? event : undefined));
    expect(accepted.map((event) => [event?.data.commandId, event?.data.text, event?.runId, event?.sequence])).toEqual(
      this.#sent.map(({ id, data, reply }) => [id, data.text, reply?.runId, reply?.sequence]),
    );
    // Each answered once; the device has judged that it is the last event of its run.
    const completed = device.events.flatMap((event) => (event.type === "agent_completed" ? [event] : []));
    expect(completed.map(({ runId }) => runId).sort()).toEqual(this.#sent.map(({ reply }) => reply?.runId).sort());
    expect(completed.filter(({ data }) => data.outcome !== "completed")).toEqual([]);
    this.#verifyEffects(device.events);
  }

  #verifyEffects(events: readonly Event[]): void {
    const calls = events.flatMap((event) => (event.type === "tool_completed" ? [event.data] : []));
    for (const { callId, tool, outcome } of calls) {
      const executions = this.#world.server.effects.filter((line) => line.endsWith(` ${callId}`)).length;
      if (tool === "write_again") expect([outcome, executions > 0]).toEqual(["completed", true]);
      else if (outcome === "completed") expect(executions).toBe(1);
      else expect([outcome, executions <= 1]).toEqual(["unknown", true]);
    }
    // No effect without a call that says so: each label belongs to one call.
    const mine = this.#world.server.effects.filter((line) => line.split(" ")[1]?.startsWith(`${this.#name}-`));
    const keys = new Map(mine.map((line) => line.split(" ").slice(1) as [string, string]));
    expect(mine.filter((line) => keys.get(line.split(" ")[1] ?? "") !== line.split(" ")[2])).toEqual([]);
    expect([...keys.values()].filter((key) => !calls.some(({ callId }) => callId === key))).toEqual([]);
  }

  async #connect(): Promise<TestDevice> {
    const kind = this.#random() < 0.5 ? "webSocket" : "sse";
    for (;;) {
      try {
        return await this.#world[kind](this.#name, { after: this.#cursor });
      } catch {
        await sleep(50);
      }
    }
  }

  async #speak(device: TestDevice, more: () => boolean): Promise<void> {
    const unanswered = this.#sent.find(({ reply }) => reply === undefined);
    if (unanswered !== undefined) await this.#send(device, unanswered);
    while (more()) {
      await sleep(this.#random() * 150);
      const text = script(...this.#actions());
      const threadId = this.#random() < 0.5 ? this.#sent.at(-1)?.reply?.threadId : undefined;
      const id = `${this.#name}-${this.#sent.length}`;
      const next: Sent = { id, data: threadId === undefined ? { text } : { text, threadId }, reply: undefined };
      this.#sent.push(next);
      await this.#send(device, next);
    }
    const ended = () => {
      const events = [...this.#events, ...device.events].filter(({ type }) => type === "agent_completed");
      return this.#sent.every(({ reply }) => events.some(({ runId }) => runId === reply?.runId));
    };
    await device.until(ended, "the end of all runs", 60_000);
  }

  async #send(device: TestDevice, sent: Sent): Promise<void> {
    sent.reply = await device.command("message.send", sent.data, sent.id);
  }

  #actions(): AgentAction[] {
    const holdMs = Math.floor(this.#random() * 60);
    const label = `${this.#name}-${this.#sent.length}`;
    return [
      { stream: Math.floor(this.#random() * 12), everyMs: 5 },
      { call: this.#random() < 0.5 ? "write_once" : "write_again", label, holdMs },
      { say: "done" },
    ];
  }
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
