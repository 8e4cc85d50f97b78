/** Peers that are slow on purpose, and inputs that become large: they cost themselves time, and nobody else. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { signUp } from "../support/account.ts";
import { script } from "../support/scripted-agent.ts";
import { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";

const mebibyte = 1_048_576;

async function journey(server: ServerProcess, credential: Awaited<ReturnType<typeof signUp>>): Promise<void> {
  await using device = await TestDevice.webSocket(server, credential);
  const { runId } = await device.command("message.send", { text: script({ say: "not held up" }) });
  expect((await device.ended(runId)).data.outcome).toBe("completed");
}

async function socketTo(server: ServerProcess): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

test("three hundred requests that never end hold nobody up", async () => {
  await using server = await ServerProcess.start({ agent: "scripted" });
  const ada = await signUp(server, "ada");
  const sockets = await Promise.all(Array.from({ length: 300 }, () => socketTo(server)));
  for (const [index, socket] of sockets.entries()) {
    const begun = [
      "GET /v1/threads HTTP/1.1\r\nhost: a\r\nx-slow: ",
      "POST /v1/commands HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n{",
    ];
    socket.write(begun[index % 2] as string);
  }
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write("a");
  }, 50);
  await journey(server, ada);
  await journey(server, ada);
  clearInterval(drip);
  for (const socket of sockets) socket.destroy();
});

test("a WebSocket that says its hello byte by byte is closed at helloTimeoutMs", async () => {
  const helloTimeoutMs = 600;
  await using server = await ServerProcess.start({ agent: "scripted", limits: { helloTimeoutMs } });
  const ada = await signUp(server, "ada");
  const socket = await socketTo(server);
  socket.write(
    [
      "GET /v1/connect HTTP/1.1",
      "host: localhost",
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-protocol: throughline.v1",
      `origin: ${server.publicUrl}`,
      `cookie: ${ada.cookie}`,
      "\r\n",
    ].join("\r\n"),
  );
  let heard = "";
  socket.on("data", (bytes: Buffer) => (heard += bytes.toString("latin1")));
  while (!heard.includes("\r\n\r\n")) await once(socket, "data");
  expect(heard).toMatch(/^HTTP\/1\.1 101/);
  // A text frame of a hundred bytes, of which one comes now and then.
  socket.write(Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]));
  const drip = setInterval(() => socket.write("{"), 100);
  await closed(socket);
  clearInterval(drip);
  // 4408, in a close frame: 0x88, its length, the code.
  expect(heard).toContain(Buffer.from([0x11, 0x38]).toString("latin1"));
});

test("a body that unpacks to a gibibyte is not unpacked, in any place that takes one", async () => {
  await using server = await ServerProcess.start();
  const ada = await signUp(server, "ada");
  const headers = { cookie: ada.cookie, origin: ada.origin, "content-encoding": "gzip" };
  const bomb = gzipSync(Buffer.alloc(1_024 * mebibyte, 0x20), { level: 9 });
  const before = server.residentBytes();
  for (const [method, path, type] of [
    ["POST", "/v1/commands", "application/json"],
    ["POST", "/api/auth/sign-in/email", "application/json"],
    ["PUT", "/v1/documents/bomb.txt", "text/plain"],
  ] as const) {
    const body = path.includes("documents") ? bomb : bomb.subarray(0, 200_000);
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...headers, "content-type": type },
      body,
    });
    expect(response.status, path).toBeGreaterThanOrEqual(400);
    expect(response.status, path).toBeLessThan(500);
    await response.arrayBuffer();
  }
  expect(server.residentBytes() - before).toBeLessThan(64 * mebibyte);
});

test("a flood of headers, and a single one that is too long, are refused with 431", async () => {
  await using server = await ServerProcess.start({ agent: "scripted" });
  const ada = await signUp(server, "ada");
  for (const flood of [`x: ${"y".repeat(100_000)}\r\n`, "x: y\r\n".repeat(20_000)]) {
    const socket = await socketTo(server);
    let heard = "";
    socket.on("data", (bytes: Buffer) => (heard += bytes.toString("latin1")));
    socket.write(`GET /livez HTTP/1.1\r\nhost: a\r\n${flood}\r\n`);
    await closed(socket);
    // Or cut off while it was still sending, which may take the answer with it.
    expect(heard).toMatch(/^(HTTP\/1\.1 431 .*)?/);
    expect(heard).not.toMatch(/^HTTP\/1\.1 2/);
  }
  await journey(server, ada);
});

test("nesting without end in a command is refused, whether it is data, a tool's input or an id", async () => {
  await using server = await ServerProcess.start({ agent: "scripted" });
  const ada = await signUp(server, "ada");
  await using device = await TestDevice.webSocket(server, ada);
  const deep = JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`) as unknown;
  for (const data of [deep, { text: deep }, { title: deep }]) {
    for (const type of ["message.send", "thread.create", "approval.answer"]) {
      expect((await device.refusal(type, data)).code).toBe("invalid_data");
    }
  }
  await journey(server, ada);
});
