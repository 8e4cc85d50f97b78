import { type Client, createClient, type EventHandlers } from "@throughline/client";
import type { Event } from "@throughline/protocol";
import { describe, expect, test } from "vitest";
import { signIn } from "../../examples/client/sign-in.ts";
import { CuttingProxy } from "../support/cutting-proxy.ts";
import { ServerProcess } from "../support/server-process.ts";

const slowly = { env: { THROUGHLINE_LOCAL_CHUNK_DELAY_MS: "10" } };
const transports = ["websocket", "sse"] as const;

/** Every event that a client hands over, and a way to wait for what is to come. */
class Witness {
  readonly events: Event[] = [];
  resets = 0;
  readonly #waiting = new Set<() => void>();

  constructor(client: Client) {
    const keep = (event: Event) => {
      this.events.push(event);
      for (const check of this.#waiting) check();
    };
    const handlers: EventHandlers = {
      message_accepted: keep,
      agent_started: keep,
      agent_thinking: keep,
      agent_delta: keep,
      tool_executing: keep,
      tool_completed: keep,
      approval_requested: keep,
      approval_answered: keep,
      run_stop_requested: keep,
      run_resumed: keep,
      agent_completed: keep,
      thread_created: keep,
      thread_renamed: keep,
      thread_deleted: keep,
      compacted: keep,
      reset: () => {
        this.resets += 1;
      },
    };
    client.subscribe(handlers);
  }

  until(condition: (events: readonly Event[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition(this.events)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  expectGapless(): void {
    const first = this.events[0]?.sequence ?? 1;
    expect(this.events.map(({ sequence }) => sequence)).toEqual(this.events.map((_event, index) => first + index));
  }
}

function untilStatus(client: Client, state: Client["status"]["state"]): Promise<void> {
  return new Promise((resolve) => {
    if (client.status.state === state) return resolve();
    const remove = client.onStatus((status) => {
      if (status.state !== state) return;
      remove();
      resolve();
    });
  });
}

const completed = (count: number) => (events: readonly Event[]) =>
  events.filter(({ type }) => type === "agent_completed").length >= count;

describe.each(transports)("the client over %s", (transport) => {
  test("sends, hears everything once and in order, and keeps a thread up to date", async () => {
    await using server = await ServerProcess.start();
    const bearer = await signIn(server.url, "ada@example.com", "correct horse");
    const client = createClient({ url: server.url, credential: () => ({ bearer }), transport });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    const { threadId, runId } = await client.send({ text: "what is 6 * 7?" }).reply;
    const watch = client.watchThread(threadId);
    const unsubscribe = watch.subscribe(() => undefined);
    await witness.until(completed(1));
    witness.expectGapless();
    expect(witness.events.map(({ type }) => type).slice(0, 3)).toEqual([
      "thread_created",
      "message_accepted",
      "agent_started",
    ]);
    const snapshot = await client.thread(threadId);
    expect(snapshot.thread.runs.find((run) => run.runId === runId)?.answer?.text).toContain("42");
    const state = watch.getSnapshot();
    if (state.status === "ready") expect(state.thread).toEqual(snapshot.thread);
    expect(client.unsent).toEqual([]);
    unsubscribe();
    client.close();
    expect(client.status).toEqual({ state: "closed", reason: "closed" });
  });

  test("loses and repeats nothing however often its connections are cut, and sends each message once", async () => {
    await using server = await ServerProcess.start(slowly);
    await using proxy = await CuttingProxy.start(server.port);
    const bearer = await signIn(server.url, "ada@example.com", "correct horse");
    const client = createClient({ url: proxy.url, credential: () => ({ bearer }), transport, random: () => 0 });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    const { threadId } = await client.send({ text: "count to 100" }).reply;
    for (const seen of [5, 10, 15, 20]) {
      await witness.until((events) => events.length >= seen);
      proxy.cut();
    }
    proxy.down();
    const offline = [
      client.send({ threadId, text: "what is 1 + 1?" }),
      client.send({ threadId, text: "what is 2 + 2?" }),
    ];
    expect(client.unsent.map(({ id }) => id)).toEqual(offline.map(({ id }) => id));
    proxy.up();
    for (const { reply } of offline) await reply;
    await witness.until(completed(3));
    witness.expectGapless();
    expect(proxy.accepted).toBeGreaterThan(4);
    const { thread } = await client.thread(threadId);
    expect(thread.runs.map(({ text }) => text)).toEqual(["count to 100", "what is 1 + 1?", "what is 2 + 2?"]);
    expect(thread.runs[0]?.answer?.text.match(/\d+/g)).toEqual(
      Array.from({ length: 100 }, (_, index) => String(index + 1)),
    );
    client.close();
  });

  test("is told when its place is in another history, and goes on from the head", async () => {
    await using server = await ServerProcess.start();
    const bearer = await signIn(server.url, "ada@example.com", "correct horse");
    const client = createClient({ url: server.url, credential: () => ({ bearer }), transport });
    const witness = new Witness(client);
    client.connect("otherepoch-7" as Parameters<Client["connect"]>[0]);
    await client.createThread("after the reset").reply;
    await witness.until((events) => events.length > 0);
    expect(witness.resets).toBe(1);
    expect(witness.events.map(({ type }) => type)).toEqual(["thread_created"]);
    client.close();
  });

  test("ends when its credential is refused, after it has asked for another one", async () => {
    await using server = await ServerProcess.start();
    let asked = 0;
    const credential = () => {
      asked += 1;
      return { bearer: "no.such.token" };
    };
    const client = createClient({ url: server.url, credential, transport, random: () => 0 });
    client.connect();
    await untilStatus(client, "closed");
    expect(client.status).toMatchObject({ reason: "unauthenticated" });
    expect(asked).toBeGreaterThanOrEqual(2);
  });

  test("goes on after the server was killed in mid-answer", async () => {
    await using server = await ServerProcess.start(slowly);
    const bearer = await signIn(server.url, "ada@example.com", "correct horse");
    const client = createClient({ url: server.url, credential: () => ({ bearer }), transport, random: () => 0 });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    client.send({ text: "count to 80" });
    await witness.until((events) => events.length >= 8);
    await server.kill9();
    await server.start();
    await witness.until(completed(1));
    witness.expectGapless();
    expect(witness.events.filter(({ type }) => type === "run_resumed")).toHaveLength(1);
    client.close();
  });
});
