/** Bytes that are no HTTP, and WebSocket frames that no library would send. The server answers, closes, or waits for more. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Random } from "../simulation/random.ts";
import { checkText } from "./answers.ts";
import type { FuzzedServer } from "./fuzz-commands.ts";

const atOnce = 16;
const settleMs = 30;

export async function fuzzBytes(server: FuzzedServer, random: Random, inputs: number): Promise<void> {
  let sent = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (sent < inputs) {
        sent += 1;
        const isFrames = random.chance(0.7);
        const socket = await open(server);
        let heard = "";
        socket.on("data", (bytes: Buffer) => {
          if (heard.length < 4_096) heard += bytes.toString("latin1");
        });
        if (isFrames) {
          socket.write(upgradeRequest(server));
          while (!heard.includes("\r\n\r\n")) await once(socket, "data");
          if (!heard.startsWith("HTTP/1.1 101")) throw new Error(`unable to upgrade; ${heard.slice(0, 200)}`);
          if (/permessage-deflate/i.test(heard)) throw new Error("compression was agreed to");
          socket.write(frames(random));
        } else socket.write(requestBytes(random));
        // It may wait for the rest; whoever never sends it is looked after by time limits.
        await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, settleMs))]);
        socket.destroy();
        checkText(heard, "raw bytes");
      }
    }),
  );
}

async function open(server: FuzzedServer): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function upgradeRequest(server: FuzzedServer): string {
  return [
    "GET /v1/connect HTTP/1.1",
    "host: localhost",
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${randomBytes(16).toString("base64")}`,
    "sec-websocket-protocol: throughline.v1",
    "sec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=15",
    `authorization: Bearer ${server.token}`,
    "\r\n",
  ].join("\r\n");
}

/** One to three frames with any header: reserved bits, unknown opcodes, no mask, lengths that lie, control frames in pieces. */
function frames(random: Random): Buffer {
  return Buffer.concat(
    Array.from({ length: random.integer(1, 3) }, () => {
      const payload = random.chance(0.3)
        ? Buffer.from('{"kind":"hello","protocol":1,"after":null}')
        : Buffer.from(random.bytes(random.integer(0, 300)));
      const first = random.chance(0.5) ? 0x81 : random.integer(0, 255);
      const masked = random.chance(0.8) ? 0x80 : 0;
      const said = random.pick([payload.length, payload.length, random.integer(0, 127)]);
      const length =
        said < 126
          ? [masked | said]
          : random.chance(0.5)
            ? [masked | 126, ...random.bytes(2)]
            : [masked | 127, ...random.bytes(8)];
      const mask = masked === 0 ? [] : [...random.bytes(4)];
      const body = masked === 0 ? payload : payload.map((byte, index) => byte ^ (mask[index % 4] as number));
      return Buffer.concat([Buffer.from([first, ...length, ...mask]), body]);
    }),
  );
}

function requestBytes(random: Random): Buffer {
  const lines = random.pick([
    "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "GET /\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
    "POST /v1/commands HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /v1/commands HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
    "POST /v1/commands HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\n bad: folded\r\n\r\n",
    `GET / HTTP/1.1\r\nhost: a\r\n${"x: y\r\n".repeat(3_000)}\r\n`,
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "GET /v1/connect HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 99\r\n\r\n",
  ]);
  const bytes = random.chance(0.3) ? Buffer.from(random.bytes(random.integer(1, 500))) : Buffer.from(lines, "latin1");
  for (let changes = random.integer(0, 3); changes > 0; changes -= 1)
    bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
  return bytes;
}
