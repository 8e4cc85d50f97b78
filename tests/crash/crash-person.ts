/**
 * A person whose server keeps dying. Each of two devices sends messages, comes back with its cursor over whichever
 * transport, sends again with the same id what got no reply, and keeps what it saw. `verify` then judges what both saw,
 * what was acknowledged and what tools did, against a device that was never cut off.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandData, Event, EventOf, ReplyData } from "@throughline/protocol";
import { expect } from "vitest";
import type { Random } from "../simulation/random.ts";
import { type AgentAction, script } from "../support/scripted-agent.ts";
import type { ScriptedWorld } from "../support/scripted-world.ts";
import { splitEvents } from "../support/split-events.ts";
import type { TestDevice } from "../support/test-device.ts";

interface Sent {
  readonly id: string;
  readonly data: CommandData["message.send"];
  /** How often it left without a reply coming back. */
  lost: number;
  reply: ReplyData["message.send"] | undefined;
}

/** Runs of one device that have not ended; more would only pile up while the server is down. */
const openRunsMax = 3;
const longWaitMs = 120_000;

export class CrashPerson {
  readonly #world: ScriptedWorld;
  readonly #name: string;
  readonly #devices: readonly CrashDevice[];

  constructor(world: ScriptedWorld, name: string, random: Random) {
    this.#world = world;
    this.#name = name;
    this.#devices = ["a", "b"].map(
      (letter) => new CrashDevice(world, name, `${name}-${letter}`, random.stream(letter)),
    );
  }

  /** Until `more` says no and every run has ended. */
  async live(more: () => boolean): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.live(more)));
  }

  /** Throws at the first thing that is not as promised; counts what was tried. */
  async verify() {
    const sent = this.#devices.flatMap((device) => device.sent);
    await using judge = await this.#world.webSocket(this.#name, { after: `${this.#epoch()}-0` });
    const newest = Math.max(...this.#devices.map((device) => device.sequence));
    await judge.reached(newest);
    const stored = new Map(splitEvents(judge.eventTexts).map((text, index) => [judge.events[index]?.sequence, text]));
    for (const device of this.#devices) {
      // A device may have left as soon as it had seen the ends of its own runs; what it saw is all there was until then.
      expect(differencesOf(device, judge.events, stored)).toEqual([]);
      // One device's messages are accepted in the order in which they were sent.
      const places = device.sent.map(({ reply }) => reply?.sequence ?? Number.NaN);
      expect(places).toEqual(places.toSorted((one, other) => one - other));
    }
    const accepted = eventsOf(judge.events, "message_accepted");
    const story = accepted.map(({ data, runId, sequence }) => [data.commandId, data.text, runId, sequence]);
    const promised = sent.map(({ id, data, reply }) => [id, data.text, reply?.runId, reply?.sequence]);
    expect(story).toEqual(promised.toSorted((one, other) => Number(one[3]) - Number(other[3])));
    // Each answered once; every device has judged that it is the last event of its run.
    const completed = eventsOf(judge.events, "agent_completed");
    expect(completed.map(({ runId }) => runId).sort()).toEqual(sent.map(({ reply }) => reply?.runId).sort());
    expect(completed.filter(({ data }) => data.outcome !== "completed")).toEqual([]);
    const tools = this.#verifyTools(judge.events);
    return {
      runs: sent.length,
      events: this.#devices.reduce((sum, { events }) => sum + events.length, 0),
      compacted: compactedIn([judge, ...this.#devices].flatMap(({ events }) => events)),
      resumed: eventsOf(judge.events, "run_resumed").length,
      repeated: sent.filter(({ lost }) => lost > 0).length,
      ...tools,
    };
  }

  #epoch(): string {
    return this.#devices[0]?.cursor?.split("-")[0] ?? "";
  }

  #verifyTools(events: readonly Event[]) {
    const mine = this.#world.server.effects
      .map((line) => line.split(" ") as [string, string, string])
      .filter(([, label]) => label.startsWith(`${this.#name}-`));
    let unknown = 0;
    let repeatedTools = 0;
    const executing = eventsOf(events, "tool_executing");
    const completed = eventsOf(events, "tool_completed");
    expect(completed.map(({ data }) => data.callId).sort()).toEqual(executing.map(({ data }) => data.callId).sort());
    const ends = new Map(completed.map((event) => [event.data.callId, event]));
    const resumptions = Map.groupBy(eventsOf(events, "run_resumed"), ({ runId }) => runId);
    const effectsOf = Map.groupBy(mine, ([, , key]) => key);
    for (const { data, runId, sequence } of executing) {
      const end = ends.get(data.callId) as EventOf<"tool_completed">;
      const taken = (resumptions.get(runId) ?? []).filter(
        (event) => event.sequence > sequence && event.sequence < end.sequence,
      ).length;
      const effects = effectsOf.get(data.callId) ?? [];
      // The key belongs to this one call, and every execution carries it.
      expect(new Set(effects.map(([tool, label]) => `${tool} ${label}`)).size).toBeLessThanOrEqual(1);
      expect(effects.filter(([tool]) => tool !== data.tool)).toEqual([]);
      const what = `${data.tool} ${data.callId}, ${taken} times interrupted`;
      if (data.tool === "write_again") {
        expect(end.data.outcome, what).toBe("completed");
        expect(effects.length, what).toBeGreaterThanOrEqual(1);
        expect(effects.length, what).toBeLessThanOrEqual(1 + taken);
        if (effects.length > 1) repeatedTools += 1;
      } else {
        // Interrupted between intent and result, nobody can know; else it ran exactly once.
        expect(end.data.outcome, what).toBe(taken > 0 ? "unknown" : "completed");
        expect(effects.length, what).toBeLessThanOrEqual(1);
        if (taken === 0) expect(effects.length, what).toBe(1);
        else unknown += 1;
      }
    }
    // No effect without a call that says so.
    const calls = new Set<string>(executing.map(({ data }) => data.callId));
    expect(mine.filter(([, , key]) => !calls.has(key))).toEqual([]);
    return { unknown, repeatedTools };
  }
}

class CrashDevice {
  readonly name: string;
  readonly sent: Sent[] = [];
  readonly events: Event[] = [];
  /** Bytes of the events, as they came. */
  readonly texts: string[] = [];
  cursor: string | null = null;
  sequence = 0;
  readonly #world: ScriptedWorld;
  readonly #user: string;
  readonly #random: Random;
  readonly #ended = new Set<string>();

  constructor(world: ScriptedWorld, user: string, name: string, random: Random) {
    this.#world = world;
    this.#user = user;
    this.name = name;
    this.#random = random;
  }

  async live(more: () => boolean): Promise<void> {
    for (;;) {
      const device = await this.#connect();
      try {
        await this.#speak(device, more);
        return;
      } catch (error) {
        // A lost connection is what this is about; anything else is a failure.
        if (device.closed === undefined || device.violations.length > 0) throw error;
      } finally {
        device.drop();
        await device.untilClosed();
        expect(device.resets).toEqual([]);
        this.#keep(device);
      }
    }
  }

  #keep(device: TestDevice): void {
    for (const event of device.events) {
      this.events.push(event);
      if (event.type === "agent_completed") this.#ended.add(event.runId);
    }
    this.texts.push(...device.eventTexts);
    this.cursor = device.cursor ?? this.cursor;
    this.sequence = Math.max(this.sequence, device.sequence);
  }

  async #connect(): Promise<TestDevice> {
    const kind = this.#random.chance(0.5) ? "webSocket" : "sse";
    for (;;) {
      try {
        return await this.#world[kind](this.#user, { after: this.cursor });
      } catch (error) {
        // A server that is down comes back; one that refuses this device would do so for ever.
        if (/\b40[13]\b/.test(String(error))) throw error;
        await sleep(20);
      }
    }
  }

  async #speak(device: TestDevice, more: () => boolean): Promise<void> {
    const unanswered = this.sent.find(({ reply }) => reply === undefined);
    if (unanswered !== undefined) await this.#send(device, unanswered);
    let read = 0;
    const open = () => {
      for (; read < device.events.length; read += 1) {
        const event = device.events[read];
        if (event?.type === "agent_completed") this.#ended.add(event.runId);
      }
      return this.sent.filter(({ reply }) => reply !== undefined && !this.#ended.has(reply.runId)).length;
    };
    while (more()) {
      await device.until(() => open() < openRunsMax, `less than ${openRunsMax} open runs`, longWaitMs);
      await sleep(this.#random.between(0, 100));
      const next = this.#next();
      this.sent.push(next);
      await this.#send(device, next);
    }
    await device.until(() => open() === 0, "the end of all runs", longWaitMs);
  }

  async #send(device: TestDevice, sent: Sent): Promise<void> {
    sent.lost += 1;
    sent.reply = await device.command("message.send", sent.data, sent.id);
    sent.lost -= 1;
  }

  #next(): Sent {
    const id = `${this.name}-${this.sent.length}`;
    const call = () => (this.#random.chance(0.5) ? ("write_once" as const) : ("write_again" as const));
    const holdMs = this.#random.integer(0, 60);
    const actions: AgentAction[] = [
      { stream: this.#random.integer(0, 12), everyMs: 5 },
      { call: call(), label: `${id}-1`, holdMs },
      { together: ["2", "3"].map((number) => ({ call: call(), label: `${id}-${number}`, holdMs })) },
      { say: "done" },
    ];
    const text = script(...actions);
    const threadId = this.#random.chance(0.5) ? this.sent.at(-1)?.reply?.threadId : undefined;
    return { id, data: threadId === undefined ? { text } : { text, threadId }, lost: 0, reply: undefined };
  }
}

/**
 * Where what a device saw is not the feed: each place from the first to its last once, in order, with the bytes that are stored.
 * Deltas of runs that have ended may have gone since, or before it came; nothing else may.
 */
function differencesOf(
  { name, events, texts, sequence: last }: CrashDevice,
  feed: readonly Event[],
  stored: ReadonlyMap<number | undefined, string>,
): string[] {
  const differences: string[] = [];
  const say = (sequence: number, what: string) => differences.push(`${name} at ${sequence}: ${what}`);
  const own = splitEvents(texts);
  const seen = new Set<number>();
  const gone = new Set<number>();
  let place = 0;
  for (const [index, event] of events.entries()) {
    const { sequence } = event;
    if (sequence !== place + 1) say(sequence, `comes after ${place}`);
    place = event.type === "compacted" ? event.data.through : sequence;
    if (event.type === "compacted") for (let at = sequence; at <= place; at += 1) gone.add(at);
    else {
      seen.add(sequence);
      if (stored.get(sequence) !== own[index] && event.type !== "agent_delta")
        say(sequence, `other bytes, ${own[index]}`);
      if (stored.get(sequence) !== own[index] && !isCompacted(feed, sequence))
        say(sequence, "a delta that is stored otherwise");
    }
  }
  if (place !== last) say(place, `its cursor is at ${last}`);
  for (const event of feed) {
    if (event.type === "compacted" || event.sequence > last) continue;
    // What is still stored cannot have been gone before.
    if (gone.has(event.sequence) || !seen.has(event.sequence)) say(event.sequence, `${event.type} was not shown`);
  }
  return differences;
}

function isCompacted(feed: readonly Event[], sequence: number): boolean {
  return feed.some(
    (event) => event.type === "compacted" && event.sequence <= sequence && sequence <= event.data.through,
  );
}

/** How many places of a feed were compacted before somebody came. */
function compactedIn(events: readonly Event[]): number {
  return eventsOf(events, "compacted").reduce((sum, { sequence, data }) => sum + data.through - sequence + 1, 0);
}

function eventsOf<Type extends Event["type"]>(events: readonly Event[], type: Type): EventOf<Type>[] {
  return events.filter((event) => event.type === type) as EventOf<Type>[];
}
