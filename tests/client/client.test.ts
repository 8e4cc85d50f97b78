import { type Client, type ClientOptions, createClient, type EventHandlers } from "@throughline/client";
import { type Cursor, type Event, eventTypes, type RunId, type ThreadId } from "@throughline/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { signIn } from "../../examples/client/sign-in.ts";
import { postJson, signUp } from "../support/account.ts";
import { CuttingProxy } from "../support/cutting-proxy.ts";
import { ServerProcess } from "../support/server-process.ts";

const limits = { heartbeatIntervalMs: 500, sessionCheckIntervalMs: 200, signInAttemptsPerMinuteMax: 10_000 };
let server: ServerProcess;
let proxy: CuttingProxy;
let people = 0;
const clients: Client[] = [];

beforeAll(async () => {
  server = await ServerProcess.start({ limits, env: { THROUGHLINE_LOCAL_CHUNK_DELAY_MS: "5" } });
  proxy = await CuttingProxy.start(server.port);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Somebody whom the server did not know before; resolves with their token. */
function somebody(): Promise<string> {
  people += 1;
  return signIn(server.url, `person${people}@example.com`, "correct horse");
}

/** A client that reaches the server through the proxy, and comes back without a wait. */
function clientOf(bearer: string, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ url: proxy.url, credential: () => ({ bearer }), random: () => 0, ...options });
  clients.push(client);
  return client;
}

/** Every event that a client hands over, and a way to wait for what is to come. */
class Witness {
  readonly events: Event[] = [];
  resets = 0;
  onEvent: (event: Event) => void = () => undefined;
  readonly #waiting = new Set<() => void>();

  constructor(client: Client) {
    const keep = (event: Event) => {
      this.events.push(event);
      this.onEvent(event);
      for (const check of this.#waiting) check();
    };
    const reset = () => {
      this.resets += 1;
    };
    client.subscribe({
      ...Object.fromEntries(eventTypes.map((type) => [type, keep])),
      reset,
    } as unknown as EventHandlers);
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

  /** Until so many runs have ended. */
  untilCompleted(count: number): Promise<void> {
    return this.until((events) => events.filter(({ type }) => type === "agent_completed").length >= count);
  }

  /** Every sequence once and in order. */
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

/** Resolves when what the client shows of a thread is what the server has of it, to the last byte. */
function untilShown(client: Client, threadId: ThreadId, runs: number): Promise<void> {
  const watch = client.watchThread(threadId);
  return new Promise((resolve, reject) => {
    const unsubscribe = watch.subscribe(() => {
      const state = watch.getSnapshot();
      if (state.status !== "ready" || state.thread.openRunIds.length > 0 || state.thread.runs.length < runs) return;
      unsubscribe();
      client
        .thread(threadId)
        .then(({ thread }) => {
          expect(state.thread).toEqual(thread);
          resolve();
        })
        .catch(reject);
    });
  });
}

async function answerOf(client: Client, threadId: ThreadId, runId: RunId): Promise<string> {
  const { thread } = await client.thread(threadId);
  return thread.runs.find((run) => run.runId === runId)?.answer?.text ?? "";
}

const countedTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

describe.each(["websocket", "sse"] as const)("the client over %s", (transport) => {
  test("sends, hears everything once and in order, and keeps a thread up to date", async () => {
    const client = clientOf(await somebody(), { transport });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    expect(client.limits).toMatchObject(limits);
    const { threadId, runId } = await client.send({ text: "what is 6 * 7?" }).reply;
    await untilShown(client, threadId, 1);
    await witness.untilCompleted(1);
    witness.expectGapless();
    const began = ["thread_created", "message_accepted", "agent_started"];
    expect(witness.events.map(({ type }) => type).slice(0, 3)).toEqual(began);
    expect(await answerOf(client, threadId, runId)).toContain("42");
    expect(client.unsent).toEqual([]);
    client.close();
    expect(client.status).toEqual({ state: "closed", reason: "closed" });
  });

  test("loses and repeats nothing however often its connections are cut, and sends each message once", async () => {
    const client = clientOf(await somebody(), { transport });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    const { threadId, runId } = await client.send({ text: "count to 100" }).reply;
    const accepted = proxy.accepted;
    for (let cut = 1; cut <= 8; cut += 1) {
      const seen = witness.events.length + 3;
      await witness.until((events) => events.length >= seen);
      proxy.cut();
    }
    proxy.down();
    const texts = ["what is 1 + 1?", "what is 2 + 2?", "what is 3 + 3?", "what is 4 + 4?", "what is 5 + 5?"];
    const offline = texts.map((text) => client.send({ threadId, text }));
    expect(client.unsent.map(({ id }) => id)).toEqual(offline.map(({ id }) => id));
    proxy.up();
    await Promise.all(offline.map(({ reply }) => reply));
    await witness.untilCompleted(6);
    witness.expectGapless();
    expect(proxy.accepted).toBeGreaterThan(accepted + 8);
    const { thread } = await client.thread(threadId);
    expect(thread.runs.map(({ text }) => text)).toEqual(["count to 100", ...texts]);
    expect((await answerOf(client, threadId, runId)).match(/\d+/g)).toEqual(countedTo(100));
  });

  test("notices that nothing comes through any more, and comes back on another connection", async () => {
    const client = clientOf(await somebody(), { transport });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    client.send({ text: "count to 60" });
    await witness.until((events) => events.length >= 5);
    proxy.stall();
    const lost = client.send({ text: "what is 1 + 1?" });
    await untilStatus(client, "offline");
    await lost.reply;
    await witness.untilCompleted(2);
    witness.expectGapless();
  });

  test("is told when its place is in another history, loads again, and goes on from the head", async () => {
    const bearer = await somebody();
    const before = clientOf(bearer, { transport });
    before.connect();
    const { threadId } = await before.createThread("before the reset").reply;
    const client = clientOf(bearer, { transport });
    const witness = new Witness(client);
    const watch = client.watchThread(threadId);
    const titles: (string | undefined)[] = [];
    watch.subscribe(() => {
      const state = watch.getSnapshot();
      if (state.status === "ready") titles.push(state.thread.title);
    });
    client.connect("otherepoch-7" as Cursor);
    await client.renameThread(threadId, "after the reset").reply;
    await witness.until((events) => events.length > 0);
    expect(witness.resets).toBe(1);
    expect(witness.events.map(({ type }) => type)).toEqual(["thread_renamed"]);
    await expect.poll(() => titles.at(-1)).toBe("after the reset");
  });

  test("ends when its credential is refused, after it has asked for another one", async () => {
    const bearer = await somebody();
    let tokens = ["no.such.token", "no.other.token"];
    const client = clientOf(bearer, { transport, credential: () => ({ bearer: tokens[0] ?? bearer }) });
    const attempts: number[] = [];
    client.onStatus((status) => {
      if (status.state !== "connecting") return;
      attempts.push(status.attempt);
      if (status.attempt > 1) tokens = tokens.slice(1);
    });
    client.connect();
    await untilStatus(client, "closed");
    expect(client.status).toMatchObject({ reason: "unauthenticated" });
    expect(attempts).toEqual([1, 2]);
    // The second one that it is given now is good.
    client.connect();
    await untilStatus(client, "live");
    expect(attempts).toEqual([1, 2, 1, 2]);
  });

  test("ends when the person signs out, and keeps what was not sent", async () => {
    people += 1;
    const { cookie, origin } = await signUp(server, `person${people}`);
    const client = clientOf("", { transport, ...browserWith({ cookie, origin }) });
    client.connect();
    await untilStatus(client, "live");
    await postJson(server, "/api/auth/sign-out", {}, { cookie, origin });
    await untilStatus(client, "closed");
    expect(client.status).toMatchObject({ reason: "unauthenticated" });
    client.createThread("for later");
    expect(client.unsent).toHaveLength(1);
  });

  test("two clients of one person see the same, whichever of them does it", async () => {
    const bearer = await somebody();
    const one = clientOf(bearer, { transport });
    const other = clientOf(bearer);
    const witnesses = [new Witness(one), new Witness(other)] as const;
    for (const client of [one, other]) client.connect();
    await Promise.all([one, other].map((client) => untilStatus(client, "live")));
    const { threadId } = await one.send({ text: "what is 1 + 2?" }).reply;
    await other.send({ threadId, text: "what is 3 + 4?" }).reply;
    await Promise.all(witnesses.map((witness) => witness.untilCompleted(2)));
    expect(witnesses[0].events).toEqual(witnesses[1].events);
    await Promise.all([untilShown(one, threadId, 2), untilShown(other, threadId, 2)]);
  });

  test("a handler may close it in mid-answer; connected again, it goes on where it was", async () => {
    const client = clientOf(await somebody(), { transport });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    witness.onEvent = ({ type }) => {
      if (type === "agent_started") client.close();
    };
    client.send({ text: "count to 20" });
    await untilStatus(client, "closed");
    client.connect();
    await witness.untilCompleted(1);
    witness.expectGapless();
    expect(client.unsent).toEqual([]);
  });

  test("a message that no frame can carry is refused, and the next one is answered", async () => {
    const client = clientOf(await somebody(), { transport });
    client.connect();
    const large = client.send({ text: "x".repeat(300_000) });
    const next = client.send({ text: "what is 1 + 1?" });
    await expect(large.reply).rejects.toMatchObject({ code: "too_large" });
    expect(await next.reply).toMatchObject({ sequence: 2 });
  });

  test("waits for a server that restarts, and goes on after one that was killed in mid-answer", async () => {
    const client = clientOf(await somebody(), { transport });
    const witness = new Witness(client);
    client.connect();
    await untilStatus(client, "live");
    const ended = server.terminate();
    await untilStatus(client, "offline");
    const { reply } = client.send({ text: "count to 120" });
    await ended;
    await server.start();
    const { threadId, runId } = await reply;
    await witness.until((events) => events.length >= 8);
    await server.kill9();
    await server.start();
    await witness.untilCompleted(1);
    witness.expectGapless();
    expect(witness.events.filter(({ type }) => type === "message_accepted")).toHaveLength(1);
    expect(witness.events.filter(({ type }) => type === "run_resumed")).toHaveLength(1);
    expect((await answerOf(client, threadId, runId)).match(/\d+/g)).toEqual(countedTo(120));
  });
});

/** What a browser does by itself: sends the cookie of the session, and the origin of the page. */
function browserWith(headers: { readonly cookie: string; readonly origin: string }): Partial<ClientOptions> {
  class BrowserWebSocket extends WebSocket {
    constructor(url: string | URL, protocol?: string | string[]) {
      // Node takes headers where browsers take only protocols.
      super(url, { protocols: protocol, headers } as unknown as string);
    }
  }
  const browserFetch: typeof fetch = (url, init) => {
    const all = new Headers(init?.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    return fetch(url, { ...init, headers: all });
  };
  return { credential: () => undefined, WebSocket: BrowserWebSocket, fetch: browserFetch };
}
