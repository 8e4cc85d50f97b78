/** The wire bridge over real sockets: clients of the old format against a real server. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import type { QualityAlert, ThreadsSnapshot } from "@throughline/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Throughline } from "../cli/throughline.ts";
import { credentialHeaders, signUp } from "../support/account.ts";
import { script, streamedText } from "../support/scripted-agent.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";
import { TokenIssuer } from "../support/token-issuer.ts";

interface Legacy {
  readonly type: string;
  readonly payload: Readonly<Record<string, never>> & Record<string, unknown>;
  readonly timestamp: string;
  readonly thread_id?: string;
  readonly run_id?: string;
  readonly message_id?: string;
}

/** Every type that a test of this file has sent. */
const sent = new Set<string>();

/** A client as the old front end is one: it reads type, payload and timestamp, and knows no cursors. */
class LegacyClient {
  readonly socket: WebSocket;
  readonly received: Legacy[] = [];
  readonly texts: string[] = [];
  closed: number | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(url: string, protocols: readonly string[] = [], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/ws`, [...protocols], { headers });
    this.socket.on("message", (data) => {
      this.texts.push(data.toString());
      this.received.push(JSON.parse(data.toString()));
      for (const wake of this.#waiters) wake();
    });
    this.socket.on("close", (code) => {
      this.closed = code;
      for (const wake of this.#waiters) wake();
    });
    this.socket.on("error", () => undefined);
  }

  send(type: string, payload: object = {}, rest: object = {}): string {
    const message_id = randomUUID();
    sent.add(type);
    this.socket.send(JSON.stringify({ type, payload, timestamp: "now", message_id, ...rest }));
    return message_id;
  }

  async until<Found>(find: () => Found | undefined, what: string): Promise<Found> {
    const timer = AbortSignal.timeout(20_000);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (timer.aborted) throw new Error(`unable to see ${what}; got ${this.received.map(({ type }) => type).join()}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
        timer.addEventListener("abort", wake, { once: true });
      });
    }
  }

  one(type: string, id?: string): Promise<Legacy> {
    const wanted = (message: Legacy) => message.type === type && (id === undefined || message.message_id === id);
    return this.until(() => this.received.find(wanted), type);
  }

  answer(id: string): Promise<Legacy> {
    return this.until(() => this.received.find(({ message_id }) => message_id === id), `an answer to ${id}`);
  }

  ask(type: string, payload: object = {}, rest: object = {}): Promise<Legacy> {
    return this.answer(this.send(type, payload, rest));
  }

  end(): void {
    this.socket.terminate();
  }
}

let server: ServerProcess;
let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = await TokenIssuer.start();
  const env = { THROUGHLINE_WIRE_BRIDGE: "2099-12-31" };
  server = await ServerProcess.start({ agent: "scripted", issuers: [issuer.settings], env });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

let people = 0;
async function newPerson() {
  people += 1;
  const subject = `person${people}`;
  const token = await issuer.token(subject);
  const clients: LegacyClient[] = [];
  return {
    userId: `partner:${subject}`,
    token,
    async client(): Promise<LegacyClient> {
      const client = new LegacyClient(server.url, ["jwt-auth", `jwt.${Buffer.from(token).toString("base64url")}`]);
      clients.push(client);
      await client.one("connection_established");
      return client;
    },
    device: () => TestDevice.webSocket(server, { bearer: token }),
    async threads(): Promise<ThreadsSnapshot> {
      const response = await fetch(`${server.url}/v1/threads`, { headers: { authorization: `Bearer ${token}` } });
      return (await response.json()) as ThreadsSnapshot;
    },
    [Symbol.dispose]() {
      for (const client of clients) client.end();
    },
  };
}
const says = (text: string) => script({ say: text });

describe("credentials", () => {
  test("a token in a subprotocol is taken, and never answered with", async () => {
    using person = await newPerson();
    const client = await person.client();
    expect(client.socket.protocol).toBe("jwt-auth");
    expect(client.received[0]).toMatchObject({
      type: "connection_established",
      payload: { user_id: person.userId, alias_version: 1 },
      timestamp: expect.stringMatching(/^\d{4}-/),
    });
    expect(client.texts.join()).not.toContain(person.token);
  });

  test("a header and a browser's session are taken as well", async () => {
    const person = await newPerson();
    const byHeader = new LegacyClient(server.url, [], { authorization: `Bearer ${person.token}` });
    await byHeader.one("connection_established");
    byHeader.end();
    const session = await signUp(server, "legacy");
    const bySession = new LegacyClient(server.url, [], credentialHeaders(session));
    await bySession.one("connection_established");
    bySession.end();
    const foreign = new LegacyClient(server.url, [], { ...credentialHeaders(session), origin: "https://evil.example" });
    const [, refused] = (await once(foreign.socket, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(refused.statusCode).toBe(403);
  });

  test("a ticket is taken once", async () => {
    const person = await newPerson();
    const response = await fetch(`${server.url}/v1/ticket`, {
      method: "POST",
      headers: { authorization: `Bearer ${person.token}` },
    });
    const { ticket } = (await response.json()) as { ticket: string };
    const address = `${server.url.replace("http", "ws")}/ws?ticket=${ticket}`;
    const first = new WebSocket(address);
    await once(first, "message");
    first.terminate();
    const second = new WebSocket(address);
    second.on("error", () => undefined);
    const [, refused] = (await once(second, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(refused.statusCode).toBe(401);
  });

  test.each([
    ["nothing", [], {}],
    ["a token in the address", [], {}],
    ["a token of nobody", ["jwt-auth", "jwt.bm9ib2R5"], {}],
    ["two tokens", ["jwt-auth", "jwt.bm9ib2R5"], { authorization: "Bearer nobody" }],
  ] as const)("%s is refused before the upgrade", async (what, protocols, headers) => {
    const query = what === "a token in the address" ? `?token=${await issuer.token("somebody")}` : "";
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws${query}`, [...protocols], { headers });
    socket.on("error", () => undefined);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(401);
  });
});

describe("every name that a client may send", () => {
  test.each([
    ["user_message", (text: string) => ({ content: text })],
    ["user_message", (text: string) => ({ text })],
    ["user_message", (text: string) => ({ message: text })],
    ["chat", (text: string) => ({ content: text })],
    ["chat_message", (text: string) => ({ message: text })],
    ["start_agent", (text: string) => ({ user_request: text })],
    ["start_agent", (text: string) => ({ query: text })],
    ["agent_request", (text: string) => ({ message: text })],
  ] as const)("%s sends a message, and gets the five events of its run under their names", async (type, payload) => {
    using person = await newPerson();
    const client = await person.client();
    const text = script({ call: "write_again", label: `${type}-label` });
    const answer = `${type}-label: completed`;
    const id = client.send(type, payload(text));
    const ack = await client.answer(id);
    expect(ack).toMatchObject({ type: "ack", payload: { received_type: type, status: "stored", duplicate: false } });
    const end = await client.one("agent_completed");
    expect(end.payload).toMatchObject({
      status: "completed",
      result: answer,
      final_response: answer,
    });
    const lifecycle = client.received.filter(({ type: name }) =>
      /^(agent_(started|thinking|completed)|tool_)/.test(name),
    );
    expect(lifecycle.map(({ type: name }) => name)).toEqual([
      ...["agent_started", "tool_executing", "tool_completed", "agent_thinking", "agent_completed"],
    ]);
    expect(lifecycle.map(({ payload }) => payload)).toMatchObject([
      { agent_id: "scripted", agent_type: "scripted", run_id: ack.run_id },
      { tool_name: "write_again", parameters: { label: `${type}-label` } },
      {
        tool_name: "write_again",
        result: { label: `${type}-label` },
        execution_time_ms: expect.any(Number),
        status: "completed",
      },
      { thought: "", step_number: 1, total_steps: null },
      {},
    ]);
    for (const { run_id, thread_id } of lifecycle) expect([run_id, thread_id]).toEqual([ack.run_id, ack.thread_id]);
    const { threads } = await person.threads();
    expect(threads.map(({ threadId }) => threadId)).toEqual([ack.thread_id]);
    expect((await client.one("agent_response")).payload).toMatchObject({ content: answer });
    const chunks = client.received.filter(({ type: name }) => name === "stream_chunk");
    expect(chunks.map(({ payload }) => payload.content).join("")).toBe(answer);
  });

  test.each(["stop_agent", "stop_processing"])(
    "%s stops the run that goes on, and is refused when there is none",
    async (type) => {
      using person = await newPerson();
      const client = await person.client();
      expect(await client.ask(type)).toMatchObject({ type: "error", payload: { code: "not_found" } });
      client.send("user_message", { content: script({ stream: 10_000, everyMs: 10 }) });
      const started = await client.one("agent_started");
      const id = client.send(type, {}, { thread_id: started.thread_id });
      expect(await client.answer(id)).toMatchObject({
        type: "ack",
        payload: { status: "stopping", run_id: started.run_id },
      });
      expect((await client.one("agent_completed")).payload).toMatchObject({
        status: "cancelled",
        error_code: "cancelled",
      });
      expect(await client.ask(type, {}, { run_id: started.run_id })).toMatchObject({ payload: { status: "ended" } });
    },
  );

  test("a stop right behind a message means its run", async () => {
    using person = await newPerson();
    const client = await person.client();
    client.send("user_message", { content: script({ stream: 10_000, everyMs: 10 }) });
    const id = client.send("stop_agent");
    expect(await client.answer(id)).toMatchObject({ type: "ack", payload: { status: "stopping" } });
    expect((await client.one("agent_completed")).payload).toMatchObject({ status: "cancelled" });
  });

  // It once took the newest, so the queued run ended and the one that answered went on.
  test("stop_agent with one run that goes on and one that waits stops the one that goes on", async () => {
    using person = await newPerson();
    const client = await person.client();
    client.send("user_message", { content: script({ stream: 10_000, everyMs: 10 }) });
    const { thread_id, run_id: running } = await client.one("agent_started");
    const queued = await client.ask("user_message", { content: says("second") }, { thread_id });
    expect(queued).toMatchObject({ type: "ack", payload: { run_id: expect.stringMatching(/^run_/) } });
    const stopped = await client.ask("stop_agent", {}, { thread_id });
    expect(stopped).toMatchObject({ type: "ack", payload: { status: "stopping", run_id: running } });
    const end = (runId: string | undefined) =>
      client.until(
        () => client.received.find(({ type, run_id }) => type === "agent_completed" && run_id === runId),
        `the end of ${runId}`,
      );
    expect((await end(running)).payload).toMatchObject({ status: "cancelled" });
    expect((await end(queued.run_id)).payload).toMatchObject({ status: "completed", final_response: "second" });
  });

  test("ping and heartbeat are answered each under its own name", async () => {
    using person = await newPerson();
    const client = await person.client();
    expect(await client.ask("ping")).toMatchObject({ type: "pong" });
    expect(await client.ask("heartbeat")).toMatchObject({ type: "heartbeat_ack" });
  });

  test("create_thread makes a thread, which every device is told of", async () => {
    using person = await newPerson();
    const [client, other] = [await person.client(), await person.client()];
    const ack = await client.ask("create_thread", { title: "Plans" });
    expect(ack).toMatchObject({ type: "ack", payload: { status: "stored" } });
    for (const each of [client, other]) {
      expect(await each.one("thread_created")).toMatchObject({ thread_id: ack.thread_id, payload: { title: "Plans" } });
    }
  });

  test.each([
    ["get_thread_history", "thread_history"],
    ["get_conversation_history", "thread_history"],
    ["switch_thread", "thread_switched"],
    ["session_restore", "session_restored"],
  ])("%s is answered with %s, from what is stored", async (type, answer) => {
    using person = await newPerson();
    const client = await person.client();
    const ack = await client.ask("user_message", { content: says("An answer.") });
    await client.one("agent_completed");
    const place = type === "session_restore" ? [{ threadId: ack.thread_id }, {}] : [{}, { thread_id: ack.thread_id }];
    const history = await client.ask(type, place[0], place[1]);
    expect(history).toMatchObject({
      type: answer,
      thread_id: ack.thread_id,
      payload: { messages: [{ role: "user" }, { role: "assistant", content: "An answer.", status: "completed" }] },
    });
    const unknown = await client.ask(type, {}, { thread_id: "thr_aaaaaaaaaaaa" });
    expect(unknown).toMatchObject({ type: "error", payload: { code: "not_found" } });
    expect(await client.ask(type)).toMatchObject({ type: "error", payload: { code: "invalid_data" } });
  });

  test.each([
    [
      "validate_content",
      { content: "It depends.", content_type: "report" },
      "content_validation_result",
      {
        contentType: "report",
        passed: false,
        metrics: { overall_score: expect.any(Number), word_count: 2, specificity: expect.any(Number) },
        retry_suggested: true,
        retry_prompt_adjustments: { temperature: 0.3, additional_instructions: expect.any(Array) },
      },
    ],
    [
      "validate_content",
      { content: "It depends.", content_type: "poem" },
      "content_validation_result",
      { contentType: "general" },
    ],
    ["get_quality_metrics", { period_hours: 2 }, "quality_metrics", { windowHours: 2, agents: [] }],
    ["subscribe_quality_alerts", {}, "quality_alerts_subscribed", { status: "subscribed" }],
    ["subscribe_quality_alerts", { action: "unsubscribe" }, "quality_alerts_unsubscribed", { status: "unsubscribed" }],
    [
      "generate_quality_report",
      { period: "week", report_type: "detailed" },
      "quality_report_generated",
      { report: expect.stringContaining("# Quality report") },
    ],
  ])("%s %o is answered with %s", async (type, payload, answer, expected) => {
    using person = await newPerson();
    const client = await person.client();
    expect(await client.ask(type, payload)).toMatchObject({ type: answer, payload: expected });
  });
});

test("what old clients send is counted by its type", async () => {
  using person = await newPerson();
  const client = await person.client();
  await client.ask("heartbeat");
  await client.ask("nonsense_of_a_client");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const lines = metrics.split("\n").filter((line) => line.startsWith("throughline_bridge_calls_total"));
  expect(lines.find((line) => line.includes('site="heartbeat"'))).toContain('until="2099-12-31"');
  expect(lines.find((line) => line.includes('site="unknown type"'))).toContain('outcome="refused"');
  expect(metrics).not.toContain("nonsense_of_a_client");
});

test("doctor --bridges asks a running server which consumers are left", async () => {
  using person = await newPerson();
  const client = await person.client();
  await client.ask("ping");
  await using throughline = new Throughline();
  const module = join(import.meta.dirname, "../../packages/bridges/dist/index.js");
  throughline.write(
    "bridges.mjs",
    `import { defineBridges } from ${JSON.stringify(module)};
     const entry = { owner: "team", until: "2099-12-31", replaces: "chat.py" };
     export const bridges = defineBridges({ wire: entry, unused: entry });`,
  );
  const ask = (...words: readonly string[]) => throughline.run(["doctor", "--bridges", "bridges.mjs", ...words]);
  const { code, stdout } = await ask("--url", server.url);
  expect(code).toBe(0);
  expect(stdout).toMatch(/ {11}\d+ × ping\n/);
  expect(stdout).toMatch(/ unused {2}until .*\n {11}no call since the server started\n/);
  const { bridges } = JSON.parse((await ask("--url", server.url, "--json")).stdout);
  expect(bridges).toMatchObject([{ sites: { ping: expect.any(Number) } }, { sites: {} }]);
  const nobody = await ask("--url", "http://127.0.0.1:1");
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("unable to ask http://127.0.0.1:1")]);
});

// Each was once counted as carried out before anybody had answered it, and what was not read or forbidden not at all.
test("what old clients send is counted once, by how it ended", async () => {
  const counts = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const counted = new Map<string, number>();
    for (const line of metrics.split("\n").filter((text) => text.startsWith("throughline_bridge_calls_total"))) {
      const [, site = ""] = /site="([^"]*)"/.exec(line) ?? [];
      const [, outcome = ""] = /outcome="([^"]*)"/.exec(line) ?? [];
      counted.set(`${site}: ${outcome}`, Number(/\} (\d+)/.exec(line)?.[1]));
    }
    return counted;
  };
  using person = await newPerson();
  const client = await person.client();
  const before = await counts();
  await client.ask("stop_processing");
  await client.ask("stop_agent", {}, { run_id: "run_aaaaaaaaaaaa" });
  await client.ask("switch_thread", {}, { thread_id: "thr_aaaaaaaaaaaa" });
  await client.ask("create_thread", {}, { user_id: "partner:victim" });
  await client.ask("made_up_by_a_client", {}, { user_id: "partner:victim" });
  await client.ask("create_thread", { title: "One" });
  await client.ask("ping");
  client.socket.send("{nonsense");
  await client.until(() => client.received.find(({ payload }) => payload.code === "bad_frame"), "the refusal");
  const after = await counts();
  const added = [...after].map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const);
  expect(Object.fromEntries(added.filter(([, value]) => value !== 0))).toEqual({
    "stop_processing: refused": 1,
    "stop_agent: refused": 1,
    "switch_thread: refused": 1,
    "create_thread: refused": 1,
    "unknown type: refused": 1,
    "create_thread: carried out": 1,
    "ping: carried out": 1,
    "unreadable: refused": 1,
  });
});

describe("what cannot be done is said, and nothing else happens", () => {
  test.each([
    ["start_agnet", "start_agent"],
    ["user_mesage", "user_message"],
    ["pingg", "ping"],
  ])("%s names %s", async (type, nearest) => {
    using person = await newPerson();
    const client = await person.client();
    const refusal = await client.ask(type, { content: "x" });
    expect(refusal).toMatchObject({ type: "error", payload: { code: "unknown_type", received_type: type } });
    expect(refusal.payload.message).toContain(nearest);
    expect((await person.threads()).threads).toEqual([]);
  });

  test.each([
    ["an unknown name like nothing", { type: "jsonrpc_call", payload: {} }, "unknown_type"],
    ["a name that every object has", { type: "constructor", payload: {} }, "unknown_type"],
    ["no type", { payload: {} }, "bad_frame"],
    ["a payload that is no object", { type: "user_message", payload: "hi" }, "bad_frame"],
    ["a thread that is no text", { type: "user_message", payload: { content: "hi" }, thread_id: 7 }, "bad_frame"],
    [
      "a thread that is none",
      { type: "user_message", payload: { content: "hi" }, thread_id: "run_aaaaaaaaaa" },
      "invalid_data",
    ],
    ["another user", { type: "user_message", payload: { content: "hi" }, user_id: "partner:victim" }, "forbidden"],
    ["another user inside", { type: "chat", payload: { content: "hi", user_id: "partner:victim" } }, "forbidden"],
    [
      "another user behind no user",
      { type: "chat", payload: { content: "hi", user_id: 7 }, user_id: null },
      "forbidden",
    ],
    [
      "another user inside, behind the right one",
      { type: "chat", payload: { content: "hi", user_id: "partner:victim" }, user_id: "self" },
      "forbidden",
    ],
    ["a report that is none", { type: "generate_quality_report", payload: { report_type: "all" } }, "invalid_data"],
    ["no text", { type: "user_message", payload: {} }, "invalid_data"],
    ["an empty text", { type: "user_message", payload: { content: "  " } }, "invalid_data"],
    ["a text that is too long", { type: "user_message", payload: { content: "x".repeat(65_537) } }, "too_large"],
    ["an action that is none", { type: "subscribe_quality_alerts", payload: { action: "maybe" } }, "invalid_data"],
  ])("%s", async (_what, message, code) => {
    using person = await newPerson();
    const client = await person.client();
    const own = "user_id" in message && message.user_id === "self" ? { user_id: person.userId } : {};
    client.socket.send(JSON.stringify({ ...message, ...own }));
    expect((await client.one("error")).payload).toMatchObject({ code });
    expect((await person.threads()).threads).toEqual([]);
    expect(client.closed).toBeUndefined();
  });

  test("text that is no JSON gets an error; bytes end the connection", async () => {
    using person = await newPerson();
    const client = await person.client();
    client.socket.send("{nonsense");
    expect((await client.one("error")).payload).toMatchObject({ code: "bad_frame" });
    client.socket.send(Buffer.from([1, 2, 3]));
    await client.until(() => client.closed, "the close");
    expect(client.closed).toBe(4400);
  });

  test("a run that fails says so, wherever an old client looks for it", async () => {
    using person = await newPerson();
    const client = await person.client();
    client.send("user_message", { content: "[this is no script" });
    const end = await client.one("agent_completed");
    expect(end.payload).toMatchObject({ status: "failed", final_response: "", error_code: "agent_failed" });
    expect((await client.one("agent_error")).payload).toMatchObject({ error_code: "agent_failed" });
    expect((await client.one("error")).payload).toMatchObject({ code: "agent_failed" });
    expect(client.received.some(({ type }) => type === "agent_response")).toBe(false);
    // The end comes last, also behind its other names.
    await client.ask("ping");
    const types = client.received.map(({ type }) => type);
    expect(types.slice(types.indexOf("agent_started"))).toEqual([
      ...["agent_started", "agent_error", "error", "agent_completed", "pong"],
    ]);
  });
});

test("when its token is over, the connection closes with 1008, after which old clients fetch a new one", async () => {
  const token = await issuer.token("short", { expiresIn: 2 });
  const client = new LegacyClient(server.url, ["jwt-auth", `jwt.${Buffer.from(token).toString("base64url")}`]);
  await client.one("connection_established");
  await client.until(() => client.closed, "the close");
  expect(client.closed).toBe(1008);
});

test("a message that is sent again runs once, and both sendings are answered", async () => {
  using person = await newPerson();
  const client = await person.client();
  const message_id = randomUUID();
  const message = { type: "user_message", payload: { content: says("Once.") }, message_id };
  for (let repeat = 0; repeat < 3; repeat += 1) client.socket.send(JSON.stringify(message));
  const answers = () => client.received.filter((received) => received.message_id === message_id);
  await client.until(() => (answers().length === 3 ? true : undefined), "three answers");
  expect(
    answers()
      .map(({ payload }) => payload.duplicate)
      .sort(),
  ).toEqual([false, true, true]);
  expect(new Set(answers().map(({ run_id }) => run_id)).size).toBe(1);
  await client.one("agent_completed");
  const other = { ...message, payload: { content: says("Twice.") } };
  client.socket.send(JSON.stringify(other));
  await client.until(() => (answers().length === 4 ? true : undefined), "a refusal");
  expect(answers()[3]).toMatchObject({ type: "error", payload: { code: "idempotency_conflict" } });
  expect(client.received.filter(({ type }) => type === "agent_started")).toHaveLength(1);
});

test("an old client and a new one of the same user see the same run, and a stranger sees nothing", async () => {
  using person = await newPerson();
  using stranger = await newPerson();
  const [client, device, foreign] = [await person.client(), await person.device(), await stranger.client()];
  client.send("user_message", { content: says("For both.") });
  const end = await client.one("agent_completed");
  await device.until(() => device.events.some(({ type }) => type === "agent_completed"), "the end");
  expect(device.events.at(-1)).toMatchObject({ runId: end.run_id, data: { message: { text: end.payload.result } } });
  await device.command("message.send", { text: says("The other way.") });
  await client.until(
    () => client.received.find(({ payload }) => payload.result === "The other way."),
    "the other answer",
  );
  expect(await foreign.ask("ping")).toMatchObject({ type: "pong" });
  expect(foreign.received.map(({ type }) => type)).toEqual(["connection_established", "pong"]);
  await device[Symbol.asyncDispose]();
});

test("after the server was killed in mid-answer, an old client gets the rest, and no piece twice", async () => {
  await using own = await ServerProcess.start({
    agent: "scripted",
    issuers: [issuer.settings],
    env: { THROUGHLINE_WIRE_BRIDGE: "2099-12-31" },
  });
  const token = await issuer.token("survivor");
  const connect = () => new LegacyClient(own.url, [], { authorization: `Bearer ${token}` });
  const before = connect();
  await before.one("connection_established");
  const pieces = 400;
  const ack = await before.ask("user_message", { content: script({ stream: pieces, everyMs: 15 }) });
  await before.one("stream_chunk");
  await own.kill9();
  await own.start();
  const after = connect();
  await after.one("connection_established");
  const end = await after.one("agent_completed");
  // Its pieces began before this connection: the whole stands at the end, under both names, and nowhere else.
  await after.ask("ping");
  const ofRun = after.received.filter(({ run_id }) => run_id === ack.run_id).map(({ type }) => type);
  // Whoever is back before the run is taken up again sees it think once more.
  expect(ofRun.filter((type) => type !== "agent_thinking")).toEqual(["agent_response", "agent_completed"]);
  expect(end.payload).toMatchObject({ status: "completed", result: streamedText(pieces) });
  const history = await after.ask("session_restore", { threadId: ack.thread_id });
  expect(history.payload.messages).toMatchObject([
    { role: "user" },
    { role: "assistant", content: streamedText(pieces), status: "completed" },
  ]);
  after.end();
});

test("alerts and what becomes of them reach old clients that subscribed, and a server that stops says so", async () => {
  await using own = await ServerProcess.start({
    agent: "scripted",
    quality: { gate: "annotate" },
    issuers: [issuer.settings],
    env: { THROUGHLINE_WIRE_BRIDGE: "2099-12-31" },
  });
  const bearer = await issuer.token("watcher");
  const client = new LegacyClient(own.url, [], { authorization: `Bearer ${bearer}` });
  await client.one("connection_established");
  await client.ask("subscribe_quality_alerts");
  const empty = "It is important to note that it depends on various factors. Generally speaking, many things matter.";
  client.send("user_message", { content: says(empty) });
  const { payload } = await client.one("quality_alert");
  expect(payload).toMatchObject({ state: "open", agent: "scripted", severity: expect.any(String) });
  await using device = await TestDevice.webSocket(own, { bearer });
  await device.command("quality.resolve", { alertId: (payload as unknown as QualityAlert).alertId });
  await client.until(
    () => client.received.find((message) => message.type === "quality_update" && "alert" in message.payload),
    "what became of the alert",
  );
  const stopped = own.terminate();
  expect((await client.one("server_shutdown")).payload).toMatchObject({ drain_timeout: expect.any(Number) });
  await client.until(() => client.closed, "the close");
  expect([await stopped, client.closed]).toEqual([0, 1012]);
});

test("every name that the bridge knows was sent above, aliases included", async () => {
  using person = await newPerson();
  const client = await person.client();
  const { payload } = await client.ask("zzzzzzzzzzzz");
  const known = /known are ([a-z_, ]+)$/.exec(String(payload.message))?.[1]?.split(", ") ?? [];
  expect(known.length).toBeGreaterThan(10);
  const aliases = ["chat", "chat_message", "agent_request", "stop_processing", "get_conversation_history"];
  expect([...known, ...aliases].filter((name) => !sent.has(name))).toEqual([]);
});
