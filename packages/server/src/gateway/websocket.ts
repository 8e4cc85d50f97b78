/** WebSocket transport: verifies before the upgrade, moves text frames, pings. What frames mean is `connection.ts`. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type CloseCodeName, closeCodes, type ServerFrame, subprotocol } from "@throughline/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import { CodedError, toCodedError } from "../base/coded-error.ts";
import type { IdSource } from "../base/id-source.ts";
import type { Identity } from "../base/identity.ts";
import type { Frame } from "../broadcast/frame.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { Connection, type ConversationParts, type Transport } from "./connection.ts";
import type { Connections, LiveConnection } from "./connections.ts";
import { problemResponse } from "./problem.ts";
import type { Snapshots } from "./snapshots.ts";
import type { WireFormat, WirePeer, WireTranslation } from "./wire-format.ts";

const connectPath = "/v1/connect";

export interface WebSocketParts extends ConversationParts {
  readonly snapshots: Snapshots;
  readonly count: WirePeer["count"];
  /** Formats besides protocol 1, each at a path of its own. */
  readonly wires: readonly WireFormat[];
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
      handleProtocols: (offered, request) => this.#subprotocol([...offered], this.#wireAt(request)) ?? false,
    });
  }

  /** Is this a path that connections are taken at? */
  serves(path: string): boolean {
    return path === connectPath || this.#parts.wires.some((wire) => wire.path === path);
  }

  /** For the `upgrade` event; the path is one of `serves`. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the upgrade nobody else listens, and a reset connection must not end the process.
    const onError = () => socket.destroy();
    socket.on("error", onError);
    try {
      const identity = await this.#admit(request);
      socket.off("error", onError);
      this.#server.handleUpgrade(request, socket, head, (webSocket) =>
        this.#open(webSocket, identity, this.#wireAt(request)),
      );
    } catch (error) {
      if (toCodedError(error).code === "internal") this.#parts.onInternalError(error);
      await refuse(socket, problemResponse(error));
    }
  }

  async #admit(request: IncomingMessage): Promise<Identity> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const wire = this.#wireAt(request);
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    this.#subprotocol(offered, wire);
    const headers = headersOf(request);
    const bearer = wire?.bearer(offered);
    if (bearer !== undefined) headers.append("authorization", `Bearer ${bearer}`);
    const identity = await this.#parts.authenticator.authenticate({
      headers,
      ticket: url.searchParams.get("ticket") ?? undefined,
      originRequired: true,
    });
    this.#parts.connections.admit(identity);
    return identity;
  }

  #wireAt(request: IncomingMessage): WireFormat | undefined {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    return this.#parts.wires.find(({ path }) => path === pathname);
  }

  /** What to answer with; throws when the client offers nothing that this path speaks. */
  #subprotocol(offered: readonly string[], wire: WireFormat | undefined): string | undefined {
    if (wire !== undefined) return wire.subprotocol(offered.filter((name) => name !== ""));
    if (offered.includes(subprotocol)) return subprotocol;
    throw new CodedError("bad_frame", `unable to connect; offer the subprotocol ${subprotocol}`);
  }

  #open(webSocket: WebSocket, identity: Identity, wire: WireFormat | undefined): void {
    const connectionId = this.#parts.ids.connectionId();
    const transport =
      wire === undefined
        ? new WebSocketTransport(webSocket)
        : new TranslatingTransport(webSocket, wire, this.#parts.limits.connectionBufferBytesMax);
    const connection = new Connection(connectionId, identity, transport, this.#parts);
    const receive =
      transport instanceof TranslatingTransport
        ? transport.begin(connection, this.#parts)
        : (text: string) => connection.receive(text);
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
      else receive(data.toString());
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

/** Between a connection, which speaks protocol 1, and a client that speaks another format. */
class TranslatingTransport implements Transport {
  readonly #webSocket: WebSocket;
  readonly #wire: WireFormat;
  readonly #heldBytesMax: number;
  #translation: WireTranslation | undefined;
  /** Bytes of what the translation has sent by itself. */
  #heldBytes = 0;

  constructor(webSocket: WebSocket, wire: WireFormat, heldBytesMax: number) {
    this.#webSocket = webSocket;
    this.#wire = wire;
    this.#heldBytesMax = heldBytesMax;
  }

  /** Returns what takes the texts of the client. */
  begin(connection: Connection, { snapshots, count }: WebSocketParts): (text: string) => void {
    const { userId } = connection.identity;
    this.#translation = this.#wire.open({
      connectionId: connection.id,
      userId,
      receive: (frame) => connection.receive(JSON.stringify(frame)),
      send: (text) => this.#send(text, connection),
      close: (code, reason) => connection.close(code, reason),
      count,
      threads: () => snapshots.threads(userId),
      thread: (threadId) => snapshots.thread(userId, threadId, undefined),
    });
    return (text) => this.#translation?.received(text);
  }

  write(frame: Frame, flushed: () => void): void {
    const texts = this.#translation?.translate(JSON.parse(frame.text) as ServerFrame) ?? [];
    const last = texts.at(-1);
    for (const text of texts.slice(0, -1)) this.#webSocket.send(text);
    if (last === undefined) flushed();
    else this.#webSocket.send(last, flushed);
  }

  close(code: CloseCodeName, reason: string): void {
    this.#webSocket.close(this.#wire.closeCode(code) ?? closeCodes[code], reason);
  }

  #send(text: string, connection: Connection): void {
    this.#heldBytes += text.length;
    if (this.#heldBytes > this.#heldBytesMax) connection.close("overloaded", "replies are not read");
    else {
      this.#webSocket.send(text, () => {
        this.#heldBytes -= text.length;
      });
    }
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
