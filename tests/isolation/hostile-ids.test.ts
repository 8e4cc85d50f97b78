/**
 * Fifty users with two devices each, at the same time on one server, some of them hostile: not one byte of anybody
 * reaches anybody else. The detector is shown a planted leak, so that its silence means something.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallId, Event, RunId, ThreadId, WireError } from "@throughline/protocol";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Random } from "../simulation/random.ts";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { TestDevice } from "../support/test-device.ts";
import { idPattern, leaks, Witness } from "./witness.ts";

const seed = process.env.THROUGHLINE_SEED ?? String(Date.now() % 1_000_000);
const users = 50;
const rounds = 6;

/** Ids of everybody, for those who would misuse them. */
class Loot {
  readonly threads: ThreadId[] = [];
  readonly runs: RunId[] = [];
  readonly calls: { readonly callId: CallId; readonly digest: string }[] = [];
  readonly cursors: string[] = [];

  take(events: readonly Event[], cursor: string | undefined): void {
    for (const event of events) {
      if (event.threadId !== undefined) this.threads.push(event.threadId);
      if (event.type === "message_accepted") this.runs.push(event.runId);
      if (event.type === "approval_requested") this.calls.push(event.data);
    }
    if (cursor !== undefined) this.cursors.push(cursor);
  }
}

/** Commands that name what belongs to the first, and the same with ids that never were. */
function hostileCommands(thread: string, run: string, call: string, digest: string) {
  return [
    ["message.send", { threadId: thread, text: "mine now" }],
    ["message.send", { threadId: thread, text: "mine now", onBusy: "interrupt" }],
    ["run.stop", { runId: run }],
    ["approval.answer", { callId: call, digest, decision: "approve" }],
    ["thread.rename", { threadId: thread, title: "mine now" }],
    ["thread.delete", { threadId: thread }],
    // Ids of one kind where another belongs.
    ["run.stop", { runId: thread }],
    ["thread.delete", { threadId: run }],
    ["message.send", { threadId: call, text: "mine now" }],
  ] as const;
}

const madeUp = (prefix: string) => `${prefix}_${randomBytes(12).toString("hex").slice(0, 22)}`;

function withoutIds(error: WireError): string {
  return JSON.stringify(error).replaceAll(idPattern, "ID");
}

test(`${users} users with two devices each, in a random order, with reconnects and hostile ids: nobody sees a foreign byte`, async () => {
  console.log(`hostile ids with THROUGHLINE_SEED=${seed}`);
  await using world = await ScriptedWorld.start({ commandsPerMinuteMax: 10_000, runsPerNodeMax: 512 });
  const witnesses = Array.from({ length: users }, (_, index) => new Witness(`user-${index}`));
  const loot = await victims(world, witnesses.slice(0, 3));
  await Promise.all(witnesses.map((witness) => live(world, witness, loot)));

  expect(leaks(witnesses)).toEqual([]);
  // Each saw its own, on both devices; otherwise nothing was looked at.
  for (const { ownTexts } of witnesses) {
    expect(ownTexts).toBeGreaterThan(rounds);
  }
  // What the hostile ones were after is as it was.
  for (const { name } of witnesses.slice(0, 3)) {
    const response = await world.get(name, "/v1/threads");
    expect(await response.text()).not.toContain("mine now");
  }
}, 120_000);

/** Users with a thread, a run that waits for approval, and so a call, before anybody attacks. */
async function victims(world: ScriptedWorld, witnesses: readonly Witness[]): Promise<Loot> {
  const loot = new Loot();
  for (const witness of witnesses) {
    await using device = await world.webSocket(witness.name, { keepFrames: true });
    const text = script({ call: "ask_first", label: witness.canary });
    const { runId } = await device.command("message.send", { text });
    await device.event("approval_requested", runId);
    loot.take(device.events, device.cursor);
    witness.take(device);
  }
  return loot;
}

async function live(world: ScriptedWorld, witness: Witness, loot: Loot): Promise<void> {
  const options = { keepFrames: true };
  const random = new Random(seed).stream(witness.name);
  let first = await world.webSocket(witness.name, options);
  const second = await world.sse(witness.name, options);
  for (let round = 0; round < rounds; round += 1) {
    await sleep(random.between(0, 40));
    const device = random.chance(0.5) ? first : second;
    const text = script({ say: witness.canary }, { call: "write_again", label: witness.canary });
    const { runId, threadId } = await device.command("message.send", { text });
    await device.command("thread.rename", { threadId, title: `${witness.canary} ${round}` });
    await Promise.all([first, second].map((each) => each.ended(runId)));
    if (round % 2 === 1) await attack(world, witness, device, loot);
    if (random.chance(0.5)) {
      const leaving = first;
      leaving.drop();
      await leaving.untilClosed();
      witness.take(leaving);
      first = await world.webSocket(witness.name, { ...options, after: leaving.cursor ?? null });
    }
  }
  // A cursor of another user is no key: it is one of this feed, or none.
  for (const cursor of loot.cursors) {
    await using thief = await world.webSocket(witness.name, { ...options, after: cursor });
    await thief.until(() => thief.resets.length > 0 || thief.sequence >= first.sequence, "a reset, or the own events");
    witness.take(thief);
  }
  for (const device of [first, second]) {
    device.drop();
    device.check();
    witness.take(device);
  }
}

/** Everything that could be tried with what belongs to somebody else; nothing is told apart from what never was. */
async function attack(world: ScriptedWorld, witness: Witness, device: TestDevice, loot: Loot): Promise<void> {
  const [call, thread, run] = [loot.calls[0], loot.threads[0], loot.runs[0]];
  if (call === undefined || thread === undefined || run === undefined) throw new Error("unable to attack; no loot");
  // The victim may do all of it.
  if (witness.ids.has(thread)) return;
  const foreign = hostileCommands(thread, run, call.callId, call.digest);
  const nobodys = hostileCommands(madeUp("thr"), madeUp("run"), madeUp("call"), call.digest);
  for (const [place, [type, data]] of foreign.entries()) {
    const [, never] = nobodys[place] ?? [];
    const error = await device.refusal(type, data);
    expect(error.code).toBe(place < 6 ? "not_found" : "invalid_data");
    expect(withoutIds(error)).toBe(withoutIds(await device.refusal(type, never)));
  }
  const paths = [
    [`/v1/threads/${thread}`, `/v1/threads/${madeUp("thr")}`],
    [`/v1/threads/${thread}?before=${run}`, `/v1/threads/${madeUp("thr")}?before=${madeUp("run")}`],
  ] as const;
  for (const [theirs, none] of paths) {
    const [there, nowhere] = await Promise.all([world.get(witness.name, theirs), world.get(witness.name, none)]);
    expect([there.status, nowhere.status]).toEqual([404, 404]);
    const [body, nothing] = await Promise.all([there.text(), nowhere.text()]);
    expect(body.replaceAll(idPattern, "ID")).toBe(nothing.replaceAll(idPattern, "ID"));
    witness.takeText(body);
  }
}

/** Passes everything on as it is, but for one events frame of the first user that it copies to the second. */
class LeakyProxy implements AsyncDisposable {
  readonly url: string;
  readonly publicUrl = "";
  leaking = false;
  readonly #server: Server;
  readonly #sockets: WebSocket[] = [];

  private constructor(server: Server, upstreamUrl: string) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (client, request) => {
      const { authorization } = request.headers;
      const upstream = new WebSocket(`${upstreamUrl.replace("http", "ws")}/v1/connect`, ["throughline.v1"], {
        headers: { authorization },
      });
      const opened = once(upstream, "open");
      const first = this.#sockets.length === 0;
      this.#sockets.push(client);
      client.on("message", async (data) => {
        await opened;
        upstream.send(data.toString());
      });
      upstream.on("message", (data) => {
        client.send(data.toString());
        if (first && this.leaking && data.toString().includes("canary-")) this.#sockets[1]?.send(data.toString());
      });
      client.on("close", () => upstream.terminate());
    });
  }

  static async start(upstreamUrl: string): Promise<LeakyProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new LeakyProxy(server, upstreamUrl);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }
}

test.for([false, true])("the detector sees a leak exactly when there is one (%s)", async (leaking) => {
  await using world = await ScriptedWorld.start();
  await using proxy = await LeakyProxy.start(world.server.url);
  const witnesses = [new Witness("leaked"), new Witness("listener")];
  const devices: TestDevice[] = [];
  for (const { name } of witnesses) {
    devices.push(await TestDevice.webSocket(proxy, await world.credential(name), { keepFrames: true }));
  }
  const [leaked, listener] = devices;
  if (leaked === undefined || listener === undefined) throw new Error("unable to look; there are no devices");
  proxy.leaking = leaking;
  const { runId } = await leaked.command("message.send", { text: witnesses[0]?.canary ?? "" });
  await leaked.ended(runId);
  if (leaking) await expect.poll(() => listener.violations.length, { timeout: 10_000 }).toBeGreaterThan(0);
  for (const [index, device] of devices.entries()) {
    device.drop();
    witnesses[index]?.take(device);
  }
  const found = leaks(witnesses);
  expect(found.some((text) => text === `listener saw ${witnesses[0]?.canary}`)).toBe(leaking);
  expect(found.some((text) => text.includes(runId))).toBe(leaking);
  expect(found.length > 0).toBe(leaking);
});
