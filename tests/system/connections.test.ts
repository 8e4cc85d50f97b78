/** What a connection may do, what it may not, and what ends it. Raw sockets, so that a test can break every rule. */
import { once } from "node:events";
import { request } from "node:http";
import { defaultLimits } from "@throughline/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { credentialHeaders, postJson } from "../support/account.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";

const limits = {
  heartbeatIntervalMs: 400,
  helloTimeoutMs: 500,
  connectionsPerUserMax: 3,
  commandsInFlightMax: 3,
  commandsPerMinuteMax: 12,
  clientFrameBytesMax: 2_048,
};
const hello = { kind: "hello", protocol: 1, after: null };

/** Shared by all tests: each has a user, and so a feed and limits, of its own. */
let world: ScriptedWorld;
beforeAll(async () => {
  world = await ScriptedWorld.start(limits);
});
afterAll(() => world[Symbol.asyncDispose]());

/** A socket that does only what the test says. */
class RawSocket implements Disposable {
  readonly frames: Record<string, unknown>[] = [];
  readonly closed: Promise<number>;
  pings = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, "close").then(([code]) => code as number);
    socket.on("message", (data) => this.frames.push(JSON.parse(data.toString()) as Record<string, unknown>));
    socket.on("ping", () => {
      this.pings += 1;
    });
    socket.on("error", () => undefined);
  }

  static async open(user: string, options: ClientOptions = {}): Promise<RawSocket> {
    const headers = credentialHeaders(await world.credential(user));
    const url = `${world.server.url.replace("http", "ws")}/v1/connect`;
    const raw = new RawSocket(new WebSocket(url, ["throughline.v1"], { ...options, headers }));
    await once(raw.#socket, "open");
    return raw;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(...frames: readonly (string | Uint8Array | object)[]): void {
    for (const frame of frames) {
      const isRaw = typeof frame === "string" || frame instanceof Uint8Array;
      this.#socket.send(isRaw ? frame : JSON.stringify(frame));
    }
  }

  async frame(kind: string): Promise<Record<string, unknown>> {
    const find = () => this.frames.find((frame) => frame.kind === kind);
    await expect.poll(find, { timeout: 10_000, interval: 5 }).toBeDefined();
    return find() as Record<string, unknown>;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

/** Status and body of an upgrade that is refused; 101 when it is not. */
async function upgrade(headers: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const asked = request(`${world.server.url}/v1/connect`, {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
  });
  asked.end();
  const answered = once(asked, "response");
  const upgraded = once(asked, "upgrade").then(([response, socket]) => {
    socket.destroy();
    return [response];
  });
  const [response] = await Promise.race([answered, upgraded]);
  if (response.statusCode === 101) return { status: 101, body: {} };
  let text = "";
  for await (const part of response) text += part;
  return { status: response.statusCode, body: JSON.parse(text) as Record<string, unknown> };
}

const command = { kind: "command", id: "a", type: "thread.create", data: {} };
test.for([
  ["no JSON", ["{"], 4400],
  ["JSON that is no frame", ["[]"], 4400],
  ["an unknown kind", [{ kind: "greeting" }], 4400],
  ["a binary message", [Buffer.from(JSON.stringify(hello))], 4400],
  ["a hello of another version", [{ ...hello, protocol: 2 }], 4400],
  ["a hello without a cursor", [{ kind: "hello", protocol: 1 }], 4400],
  ["a hello with text that is no cursor", [{ ...hello, after: "everything" }], 4400],
  ["a hello with a field too many", [{ ...hello, userId: "partner:victim" }], 4400],
  ["a command before the hello", [command, hello], 4400],
  ["a ping before the hello", [{ kind: "ping" }, hello], 4400],
  ["a second hello", [hello, hello], 4400],
  ["no JSON after the hello", [hello, "}"], 4400],
  ["a binary message after the hello", [hello, Buffer.from(JSON.stringify(command))], 4400],
  ["a command with a field too many", [hello, { ...command, userId: "partner:victim" }], 4400],
  ["a command with an id of another form", [hello, { ...command, id: "a b" }], 4400],
  ["a frame that is too large", [hello, { ...command, data: { title: "x".repeat(limits.clientFrameBytesMax) } }], 1009],
  ["silence", [], 4408],
] as const)("%s ends the connection", async ([name, frames, code]) => {
  using socket = await RawSocket.open(`broken ${name}`.replaceAll(/[^a-z]/gi, "-"));
  socket.send(...frames);
  expect(await socket.closed).toBe(code);
  expect(socket.frames.filter(({ kind }) => kind !== "welcome")).toEqual([]);
});

test("a ping gets a pong, and a refused command does not end the connection", async () => {
  using socket = await RawSocket.open("pinger");
  socket.send(hello, { ...command, type: "thread.crate" }, { ...command, data: { titel: "x" } }, { kind: "ping" });
  await socket.frame("pong");
  await expect.poll(() => socket.frames.filter(({ kind }) => kind === "reply").length).toBe(2);
  const codes = socket.frames.filter(({ kind }) => kind === "reply").map(({ error }) => error);
  expect(codes).toMatchObject([
    { code: "unknown_type", retryable: false, details: { nearest: expect.arrayContaining(["thread.create"]) } },
    { code: "invalid_data", retryable: false },
  ]);
  expect(socket.open).toBe(true);
});

test("a peer that answers no ping is given up after the second interval; one that does stays", async () => {
  using silent = await RawSocket.open("half-open", { autoPong: false });
  using lively = await RawSocket.open("lively");
  await using stream = await world.sse("half-open");
  silent.send(hello);
  lively.send(hello);
  // The hello was a sign of life; from here on there is none.
  await silent.frame("welcome");
  const { pings } = silent;
  expect(await silent.closed).toBe(1006);
  expect(silent.pings - pings).toBeLessThanOrEqual(1);
  await expect.poll(() => lively.pings, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  expect(lively.open).toBe(true);
  expect(stream.heartbeats).toBeGreaterThanOrEqual(2);
  expect(stream.closed).toBeUndefined();
});

test("welcome and /v1/limits tell the same limits, those that this server was given", async () => {
  using socket = await RawSocket.open("asker");
  socket.send(hello);
  const welcome = await socket.frame("welcome");
  const served = await (await fetch(`${world.server.url}/v1/limits`)).json();
  expect(served).toEqual({ ...defaultLimits, ...limits });
  expect(welcome.limits).toEqual(served);
  expect(welcome.heartbeatIntervalMs).toBe(limits.heartbeatIntervalMs);
});

test("connectionsPerUserMax: one more is refused before the upgrade, over either transport, until one leaves", async () => {
  const user = "crowd";
  await using first = await world.sse(user);
  using _second = await RawSocket.open(user);
  using _third = await RawSocket.open(user);
  const headers = credentialHeaders(await world.credential(user));
  const refused = { status: 429, code: "rate_limited", retryable: true };
  expect((await upgrade({ ...headers, "sec-websocket-protocol": "throughline.v1" })).body).toMatchObject(refused);
  const stream = await fetch(`${world.server.url}/v1/events`, { headers });
  expect([stream.status, await stream.json()]).toEqual([429, expect.objectContaining(refused)]);
  // Somebody else is not held up.
  using _other = await RawSocket.open("crowd-not");
  first.drop();
  const again = () => upgrade({ ...headers, "sec-websocket-protocol": "throughline.v1" });
  await expect.poll(async () => (await again()).status, { timeout: 10_000 }).toBe(101);
});

test("commandsInFlightMax: one more that waits for its reply is refused as overloaded", async () => {
  using socket = await RawSocket.open("eager");
  socket.send(hello);
  await socket.frame("welcome");
  // Held up, the server finds all of them at once.
  world.server.pause();
  const ids = ["1", "2", "3", "4", "5"];
  socket.send(...ids.map((id) => ({ ...command, id })));
  world.server.resume();
  await expect.poll(() => socket.frames.filter(({ kind }) => kind === "reply").length).toBe(5);
  const replies = socket.frames
    .filter(({ kind }) => kind === "reply")
    .sort((left, right) => (`${left.id}` < `${right.id}` ? -1 : 1));
  expect(replies.map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
  expect(replies[3]?.error).toMatchObject({ code: "overloaded", retryable: true });
});

test("commandsPerMinuteMax: one more is refused as rate_limited, on every device of the user and on no other's", async () => {
  await using device = await world.webSocket("hasty");
  await using other = await world.sse("hasty");
  for (let count = 0; count < limits.commandsPerMinuteMax; count += 1) await device.command("thread.create", {});
  for (const asking of [device, other]) {
    const error = await asking.refusal("thread.create", {});
    expect(error).toMatchObject({ code: "rate_limited", retryable: true });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(error.retryAfterMs).toBeLessThanOrEqual(60_000 / limits.commandsPerMinuteMax);
  }
  await using stranger = await world.webSocket("patient");
  await stranger.command("thread.create", {});
});

test("an upgrade that does not offer our subprotocol is refused, and so is a plain request", async () => {
  const headers = credentialHeaders(await world.credential("protocol"));
  const offers: Record<string, string>[] = [
    {},
    { "sec-websocket-protocol": "throughline.v2" },
    { "sec-websocket-protocol": "graphql-ws" },
  ];
  for (const offered of offers) {
    expect(await upgrade({ ...headers, ...offered })).toMatchObject({ status: 400, body: { code: "bad_frame" } });
  }
  const plain = await fetch(`${world.server.url}/v1/connect`, { headers });
  expect([plain.status, plain.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
});

test("regression: a command that does not say its length, as through some proxies, is a command", async () => {
  const headers = { ...credentialHeaders(await world.credential("chunked")), "content-type": "application/json" };
  const post = (text: string) => {
    const body = new Blob([text]).stream();
    return fetch(`${world.server.url}/v1/commands`, { method: "POST", headers, body, duplex: "half" } as RequestInit);
  };
  const created = await post(JSON.stringify({ id: "chunked-1", type: "thread.create", data: { title: "streamed" } }));
  expect([created.status, await created.json()]).toEqual([200, expect.objectContaining({ ok: true })]);
  for (const text of ["", "{"]) expect((await post(text)).status).toBe(400);
});

test("a body that exceeds its limit is refused with 413, whether it says its length or not", async () => {
  const headers = credentialHeaders(await world.credential("heavy"));
  const body = { id: "a", type: "thread.create", data: { title: "x".repeat(limits.clientFrameBytesMax) } };
  const told = await postJson(world.server, "/v1/commands", body, headers);
  expect([told.status, await told.json()]).toEqual([413, expect.objectContaining({ code: "too_large" })]);
  const streamed = await fetch(`${world.server.url}/v1/commands`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: new Blob([JSON.stringify(body)]).stream(),
    duplex: "half",
  } as RequestInit);
  expect([streamed.status, await streamed.json()]).toEqual([413, expect.objectContaining({ code: "too_large" })]);
});
