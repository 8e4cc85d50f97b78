/** WebSocket transport: verifies before the upgrade, moves text frames, pings. What frames mean is `connection.ts`. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type CloseCodeName, closeCodes, subprotocol } from "@throughline/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import { CodedError, toCodedError } from "../base/coded-error.ts";
import type { IdSource } from "../base/id-source.ts";
import type { Identity } from "../base/identity.ts";
import type { Frame } from "../broadcast/frame.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { Connection, type ConversationParts, type Transport } from "./connection.ts";
import type { Connections, LiveConnection } from "./connections.ts";
import { problemResponse } from "./problem.ts";

export interface WebSocketParts extends ConversationParts {
  readonly authenticator: Authenticator;
  readonly connections: Connections;
  readonly ids: IdSource;
}

/** Takes upgrade requests of a Node server; a refusal is an HTTP response, before anything is upgraded. */
export class WebSocketGateway {
  readonly #parts: WebSocketParts;
  readonly #server: WebSocketServer;

  constructor(parts: WebSocketParts) {
    this.#parts = parts;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A compressor a connection costs more memory than everything else about it.
      perMessageDeflate: false,
      maxPayload: parts.limits.clientFrameBytesMax,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
  }

  /** For the `upgrade` event; `path` has been matched by the caller. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the upgrade nobody else listens, and a reset connection must not end the process.
    const onError = () => socket.destroy();
    socket.on("error", onError);
    try {
      const identity = await this.#admit(request);
      socket.off("error", onError);
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, identity));
    } catch (error) {
      if (toCodedError(error).code === "internal") this.#parts.onInternalError(error);
      await refuse(socket, problemResponse(error));
    }
  }

  async #admit(request: IncomingMessage): Promise<Identity> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(subprotocol)) {
      throw new CodedError("bad_frame", `unable to connect; offer the subprotocol ${subprotocol}`);
    }
    const identity = await this.#parts.authenticator.authenticate({
      headers: headersOf(request),
      ticket: url.searchParams.get("ticket") ?? undefined,
      originRequired: true,
    });
    this.#parts.connections.admit(identity);
    return identity;
  }

  #open(webSocket: WebSocket, identity: Identity): void {
    const transport = new WebSocketTransport(webSocket);
    const connection = new Connection(this.#parts.ids.connectionId(), identity, transport, this.#parts);
    let alive = true;
    const live: LiveConnection = {
      identity,
      beat() {
        if (!alive) return webSocket.terminate();
        alive = false;
        webSocket.ping();
      },
      drain: (reconnectAfterMs) => connection.drain(reconnectAfterMs),
      close: (code, reason) => connection.close(code, reason),
    };
    const remove = this.#parts.connections.add(live);
    webSocket.on("message", (data, isBinary) => {
      alive = true;
      if (isBinary) connection.close("bad_frame", "frames are text");
      else connection.receive(data.toString());
    });
    webSocket.on("pong", () => {
      alive = true;
    });
    webSocket.on("ping", () => {
      alive = true;
    });
    // `ws` closes by itself after an error, with 1009 for a frame that is too large.
    webSocket.on("error", () => undefined);
    webSocket.on("close", () => {
      remove();
      connection.closed();
    });
  }
}

class WebSocketTransport implements Transport {
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
  }

  write(frame: Frame, flushed: () => void): void {
    this.#webSocket.send(frame.bytes, { binary: false }, flushed);
  }

  close(code: CloseCodeName, reason: string): void {
    this.#webSocket.close(closeCodes[code], reason);
  }
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    headers.append(request.rawHeaders[index] as string, request.rawHeaders[index + 1] as string);
  }
  return headers;
}

/** Writes an HTTP response to a socket that was not upgraded, and ends it. */
async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const lines = [
    `HTTP/1.1 ${response.status} Refused`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  for (const [name, value] of response.headers) lines.push(`${name}: ${value}`);
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
