/**
 * A server is killed exactly before and exactly after every commit of a run with tools, and at everything that a start does
 * with the file of its log. What has to be true then is no range: it follows from what had reached the disk.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event, EventOf, RunId } from "@throughline/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import type { TestDevice } from "../support/test-device.ts";
import { truthOf } from "./lost-or-kept.ts";

const user = "ada";
const preload = new URL("../support/kill-at-commit.ts", import.meta.url).href;

let folder: string;
let world: ScriptedWorld;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "throughline-boundaries-"));
  setPlan("");
  writeFileSync(`${planPath()}.killed`, "");
  const limits = { compactionDelayMs: 3_600_000, runAttemptsMax: 1_000, epochStartsPerFeedMax: 1_000 };
  const env = { NODE_OPTIONS: `--import=${preload}`, THROUGHLINE_KILL_PLAN: planPath() };
  world = await ScriptedWorld.start(limits, env);
});

afterEach(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function planPath(): string {
  return join(folder, "plan");
}

function setPlan(text: string): void {
  writeFileSync(planPath(), text);
}

/** One line for each kill: when it was, and what was about to be done or had just been done. */
function killed(): readonly string[] {
  return readFileSync(`${planPath()}.killed`, "utf8").split("\n").slice(0, -1);
}

/** A device over all its connections. */
class Follower {
  readonly seen: string[] = [];
  #cursor: string | null = null;
  #device: TestDevice | undefined;
  readonly #kind: "webSocket" | "sse";

  constructor(kind: "webSocket" | "sse") {
    this.#kind = kind;
  }

  get device(): TestDevice {
    if (this.#device === undefined) throw new Error("unable to use the device; it is not connected");
    return this.#device;
  }

  async connect(): Promise<void> {
    this.#device = await world[this.#kind](user, { after: this.#cursor });
    expect(this.device.resets).toEqual([]);
  }

  /** Keeps what this connection brought. */
  async leave(): Promise<void> {
    this.device.drop();
    await this.device.untilClosed();
    this.seen.push(...this.device.events.map((event) => JSON.stringify(event)));
    this.#cursor = this.device.cursor ?? null;
  }
}

interface Effects {
  readonly once: number;
  readonly again: number;
}

function effectsOf(label: string): Effects {
  const count = (tool: string) => world.server.effects.filter((line) => line.startsWith(`${tool} ${label} `)).length;
  return { once: count("write_once"), again: count("write_again") };
}

const eventTypes = [
  "message_accepted",
  "agent_started",
  "agent_thinking",
  "agent_delta",
  "tool_executing",
  "tool_completed",
  "agent_completed",
];

test.each(["before", "after"] as const)("killed %s every commit of a run", { timeout: 600_000 }, async (when) => {
  const followers = [new Follower("webSocket"), new Follower("sse")];
  for (const follower of followers) await follower.connect();
  const epoch = followers[0]?.device.cursor?.split("-")[0] ?? "";
  const triedTypes = () => new Set(killed().flatMap((line) => line.split(" ")[1]?.split(",") ?? []));
  let runs = 0;
  let kills = 0;
  for (let commit = 1; ; commit += 1) {
    runs += 1;
    const label = `${when}-${runs}`;
    const text = script(
      { stream: 2, everyMs: 1 },
      { call: "write_once", label },
      { call: "write_again", label },
      { say: "done" },
    );
    const [first, second] = followers.map(({ device }) => device) as [TestDevice, TestDevice];
    setPlan(`${when} ${commit}`);
    const asked = first.ask("message.send", { text }, label).catch(() => undefined);
    const over = () => {
      const accepted = first.events.find(
        (event) => event.type === "message_accepted" && event.data.commandId === label,
      );
      return first.events.some((event) => event.type === "agent_completed" && event.runId === accepted?.runId);
    };
    await first
      .until(() => over(), "the end of the run")
      .catch((error: unknown) => {
        if (first.closed === undefined) throw error;
      });
    if (first.closed === undefined) {
      if (triedTypes().has("agent_completed")) break;
      // A busy machine puts more into one commit: the run was over before its turn came.
      commit = Math.max(0, commit - 3);
      continue;
    }
    kills += 1;
    await Promise.all([second.untilClosed(), asked, world.server.ended()]);
    const [moment, types = ""] = killed().at(-1)?.split(" ") ?? [];
    expect([killed().length, moment]).toEqual([kills, when]);
    const atKill = effectsOf(label);
    setPlan("");
    for (const follower of followers) await follower.leave();
    await world.server.start();
    for (const follower of followers) await follower.connect();
    const [device] = followers.map((follower) => follower.device) as [TestDevice, TestDevice];
    const reply = await device.ask("message.send", { text }, label);
    // The message is there unless the kill came before its commit, whatever the device was told.
    const lost = when === "before" && types.split(",").includes("message_accepted");
    expect(reply, types).toMatchObject({ ok: true, duplicate: !lost });
    const { runId } = (reply as { data: { runId: RunId } }).data;
    await device.ended(runId);
    const { events } = await truthOf(world, user, epoch);
    judge(
      events.filter((event) => event.runId === runId),
      label,
      atKill,
      types,
    );
    for (const follower of followers) await follower.device.reached(events.length);
  }
  const head = Math.max(...followers.map(({ device }) => device.sequence));
  for (const follower of followers) {
    await follower.device.reached(head);
    await follower.leave();
  }
  const { events, texts } = await truthOf(world, user, epoch);
  for (const follower of followers) expect(follower.seen).toEqual(texts);
  expect(events.filter(({ type }) => type === "agent_completed")).toHaveLength(runs);
  // Every kind of event was in a commit that was killed; fewer would mean that nothing was tried.
  expect(eventTypes.filter((type) => !triedTypes().has(type))).toEqual([]);
  console.log(`${kills} times killed ${when} a commit`);
});

/** What must be so follows from what was stored when the server died: the events ahead of the resumption. */
function judge(run: readonly Event[], label: string, atKill: Effects, types: string): void {
  const resumed = run.findIndex(({ type }) => type === "run_resumed");
  const stored = resumed === -1 ? [] : run.slice(0, resumed);
  // A run that had not begun, or was over, is resumed by nobody.
  if (resumed === -1)
    expect(
      [
        { once: 0, again: 0 },
        { once: 1, again: 1 },
      ],
      types,
    ).toContainEqual(atKill);
  for (const tool of ["write_once", "write_again"] as const) {
    const call = { executing: find(stored, "tool_executing", tool), completed: find(stored, "tool_completed", tool) };
    const [before, after] =
      tool === "write_once" ? [atKill.once, effectsOf(label).once] : [atKill.again, effectsOf(label).again];
    const what = `${tool} of ${label}, killed at ${types}`;
    const interrupted = call.executing !== undefined && call.completed === undefined;
    const [end] = run.filter(
      (event) => event.type === "tool_completed" && event.data.tool === tool,
    ) as EventOf<"tool_completed">[];
    if (interrupted && tool === "write_once") {
      expect([end?.data.outcome, end?.data.error?.code, after], what).toEqual(["unknown", "outcome_unknown", before]);
    } else if (interrupted) {
      expect([end?.data.outcome, after], what).toEqual(["completed", before + 1]);
    } else {
      expect([end?.data.outcome, after], what).toEqual(["completed", 1]);
    }
    expect(before, what).toBeLessThanOrEqual(1);
    const keys = world.server.effects
      .filter((line) => line.startsWith(`${tool} ${label} `))
      .map((line) => line.split(" ")[2]);
    expect(new Set(keys), what).toEqual(after === 0 ? new Set() : new Set([end?.data.callId]));
  }
}

function find(events: readonly Event[], type: "tool_executing" | "tool_completed", tool: string): Event | undefined {
  return events.find((event) => event.type === type && event.data.tool === tool);
}

/** Starts it until a start is not killed any more; resolves with what was about to be done at each kill. */
async function killEveryStart(meanwhile: (kills: number) => Promise<void>): Promise<readonly string[]> {
  const earlier = killed().length;
  for (let thing = 1; ; thing += 1) {
    setPlan(`opening ${thing}`);
    const started = await world.server.start().then(
      () => true,
      () => false,
    );
    setPlan("");
    if (started) return killed().slice(earlier);
    expect(killed().slice(earlier), killed().slice(earlier).join("; ")).toHaveLength(thing);
    await meanwhile(thing);
  }
}

test("killed at everything that a start does with its log, the next one has all that there was", {
  timeout: 300_000,
}, async () => {
  const device = await world.webSocket(user);
  const { runId } = await device.command("message.send", { text: script({ call: "write_once", label: "kept" }) });
  await device.ended(runId);
  const epoch = device.cursor?.split("-")[0] ?? "";
  const seen = device.events.map((event) => JSON.stringify(event));
  const check = async () => expect((await truthOf(world, user, epoch)).texts).toEqual(seen);
  await world.server.kill9();
  const again = await killEveryStart(async (kills) => {
    if (kills % 4 > 0) return;
    await world.server.start();
    await check();
    await world.server.kill9();
  });
  await check();
  await world.server.kill9();

  rmSync(world.server.dataDirectory, { recursive: true });
  const first = await killEveryStart(async () => undefined);
  const { sequence } = await (await world.webSocket(user)).command("message.send", { text: "hello" });
  expect(sequence).toBe(2);
  expect(again.join()).toMatch(/BEGIN IMMEDIATE.*INSERT INTO epochs.*COMMIT.*WAL/);
  // Once the file has its name, a start is like any other.
  expect(first.join()).toMatch(/CREATE TABLE chunks.*COMMIT.*rename/);
  console.log(`killed at ${again.length} steps of a start and ${first.length} of a first one`);
});
