import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CommandFrame, type CommandId, type Problem, type ServerFrame, wireError } from "@throughline/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { Http } from "./http.ts";
import { sseTransport } from "./sse-transport.ts";
import type { Ending } from "./transport.ts";

type Respond = (id: string, response: ServerResponse) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A transport to a server that keeps its stream open and answers commands as told. */
async function open(respond: Respond) {
  const posted: string[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
      return;
    }
    const body = Buffer.concat(await request.toArray());
    const { id } = JSON.parse(body.toString()) as CommandFrame;
    posted.push(id);
    respond(id, response);
  }).listen(0, "127.0.0.1");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const http = new Http({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const frames: ServerFrame[] = [];
  const endings: Ending[] = [];
  const alive = Promise.withResolvers<void>();
  const transport = sseTransport(http)(null, {
    onFrame: (frame) => frames.push(frame),
    onAlive: () => alive.resolve(),
    onEnd: (ending) => endings.push(ending),
  });
  closing.push(() => transport.close());
  await alive.promise;
  const send = (id: string) =>
    transport.send({ kind: "command", id: id as CommandId, type: "message.send", data: { text: id } });
  return { transport, send, posted, frames, endings };
}

const accept: Respond = (id, response) => response.end(JSON.stringify({ kind: "reply", id, ok: true }));
const refuse = (response: ServerResponse, status: number, ...error: Parameters<typeof wireError>) => {
  const { code, message, retryable } = wireError(...error);
  const problem: Problem = { type: "t", title: "t", status, detail: message, code, retryable };
  response.writeHead(status).end(JSON.stringify(problem));
};

test("regression: a command is posted when the one before it was answered, so that none overtakes another", async () => {
  const held: (() => void)[] = [];
  const { send, posted, frames } = await open((id, response) => held.push(() => accept(id, response)));
  for (const id of ["a", "b", "c"]) send(id);
  for (const ids of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    await vi.waitFor(() => expect(held).toHaveLength(1));
    expect(posted).toEqual(ids);
    held.pop()?.();
  }
  await vi.waitFor(() => expect(frames.map((frame) => frame.kind === "reply" && frame.id)).toEqual(["a", "b", "c"]));
});

test("a refusal is a reply, and the next command is posted", async () => {
  const { send, frames, endings } = await open((id, response) =>
    id === "a" ? refuse(response, 409, "busy", "a run has not ended") : accept(id, response),
  );
  send("a");
  send("b");
  await vi.waitFor(() => expect(frames).toHaveLength(2));
  expect(frames[0]).toEqual({
    kind: "reply",
    id: "a",
    ok: false,
    error: { code: "busy", message: "a run has not ended", retryable: true },
  });
  expect(endings).toEqual([]);
});

test.each<[string, Respond, object]>([
  ["is cut", (_id, response) => response.destroy(), { code: "not_ready", answered: false }],
  [
    "is cut in mid-answer",
    (_id, response) => response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy()),
    { code: "not_ready", answered: false },
  ],
  ["is not let in", (_id, response) => refuse(response, 401, "unauthenticated", "who?"), { code: "unauthenticated" }],
])(
  "regression: a command whose request %s has no reply; the connection ends and the later ones wait",
  async (_name, respond, refusal) => {
    const { send, posted, frames, endings } = await open(respond);
    send("a");
    send("b");
    await vi.waitFor(() => expect(endings).toHaveLength(1));
    expect(endings[0]).toMatchObject({ refusal });
    send("c");
    await new Promise((resolve) => setImmediate(resolve));
    expect(posted).toEqual(["a"]);
    expect(frames).toEqual([]);
    expect(endings).toHaveLength(1);
  },
);

test("after `close` nothing more is said", async () => {
  const { transport, send, endings, frames, posted } = await open(accept);
  send("a");
  transport.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect([endings, frames, posted]).toEqual([[], [], []]);
});
