/**
 * A proxy in front of a deployment that lies: it understands the frames that pass through it, over either transport, and
 * hands them to a tamper that may change, hold back, repeat or add some, or answer commands by itself.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Event, ServerFrame } from "@throughline/protocol";
import { WebSocket, WebSocketServer } from "ws";

export type EventsFrame = Extract<ServerFrame, { kind: "events" }>;

export interface Command {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One connection, for a tamper that does something to one of them only. */
export interface TamperedConnection {
  readonly transport: "WebSocket" | "SSE";
  /** Known once the welcome has passed. */
  userId: string;
}

export interface Tamper {
  /** What the device is shown instead of a frame of events. */
  readonly events?: (frame: EventsFrame, connection: TamperedConnection) => readonly EventsFrame[];
  /** The data of an accepted reply that no server has given. Undefined: the command goes on to the server. */
  readonly command?: (command: Command) => object | undefined;
  /** Seconds after which a request may come again; undefined lets it pass. */
  readonly limit?: (path: string) => number | undefined;
  /** The body that an answer over HTTP has instead. */
  readonly body?: (path: string, text: string) => string;
}

export class TamperingProxy implements AsyncDisposable {
  readonly url: string;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "throughline.v1" });
  readonly #tamper: Tamper;

  private constructor(target: string, tamper: Tamper, server: Server) {
    this.#target = target;
    this.#tamper = tamper;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(target: string, tamper: Tamper): Promise<TamperingProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new TamperingProxy(target, tamper, server);
    server.on("request", (asked: IncomingMessage, answer: ServerResponse) => void proxy.#forward(asked, answer));
    server.on("upgrade", (asked: IncomingMessage, socket, head) => {
      proxy.#sockets.handleUpgrade(asked, socket, head, (near) => proxy.#join(asked, near));
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** The server takes cookies from its own origin only. */
  #headers({ headers }: IncomingMessage): Record<string, string> {
    const { cookie, authorization } = headers;
    return {
      origin: this.#target,
      ...(cookie === undefined ? {} : { cookie }),
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  async #forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = asked;
    let body = "";
    for await (const part of asked) body += part;
    const retryAfter = this.#tamper.limit?.(url);
    if (retryAfter !== undefined) {
      answer.writeHead(429, { "retry-after": String(retryAfter) }).end();
      return;
    }
    const own = url === "/v1/commands" ? this.#ownReply(JSON.parse(body) as Command) : undefined;
    if (own !== undefined) {
      answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(own));
      return;
    }
    const type = asked.headers["content-type"];
    const headers = { ...this.#headers(asked), ...(type === undefined ? {} : { "content-type": type }) };
    const onward = request(`${this.#target}${url}`, { method, headers });
    answer.on("close", () => onward.destroy());
    onward.on("error", () => answer.destroy());
    onward.on("response", (response) => {
      const { "transfer-encoding": _, "content-length": __, connection: ___, ...kept } = response.headers;
      answer.writeHead(response.statusCode ?? 500, kept);
      if (url.startsWith("/v1/events")) void this.#passStream(response, answer);
      else void this.#passBody(url, response, answer);
    });
    onward.end(body);
  }

  async #passBody(path: string, response: IncomingMessage, answer: ServerResponse): Promise<void> {
    let text = "";
    for await (const part of response.setEncoding("utf8")) text += part;
    answer.end(this.#tamper.body?.(path, text) ?? text);
  }

  async #passStream(response: IncomingMessage, answer: ServerResponse): Promise<void> {
    answer.flushHeaders();
    const connection: TamperedConnection = { transport: "SSE", userId: "" };
    let rest = "";
    try {
      for await (const part of response.setEncoding("utf8")) {
        const blocks = (rest + part).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data === undefined) answer.write(`${block}\n\n`);
          else for (const frame of this.#shown(data, connection)) answer.write(sseBlock(frame));
        }
      }
    } catch {
      // Either side has left, and so does the other.
    }
    answer.end();
  }

  #join(asked: IncomingMessage, near: WebSocket): void {
    const connection: TamperedConnection = { transport: "WebSocket", userId: "" };
    const address = `${this.#target.replace("http", "ws")}${asked.url}`;
    const far = new WebSocket(address, ["throughline.v1"], { headers: this.#headers(asked), perMessageDeflate: false });
    const waiting: string[] = [];
    near.on("message", (data) => {
      const text = String(data);
      const frame = JSON.parse(text) as Command & { readonly kind: string };
      const own = frame.kind === "command" ? this.#ownReply(frame) : undefined;
      if (own !== undefined) near.send(JSON.stringify(own));
      else if (far.readyState === WebSocket.OPEN) far.send(text);
      else waiting.push(text);
    });
    far.on("open", () => {
      for (const text of waiting) far.send(text);
    });
    far.on("message", (data) => {
      for (const frame of this.#shown(String(data), connection)) near.send(frame);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => other.terminate());
    }
  }

  /** Frames as text, as the device is to see them. */
  #shown(text: string, connection: TamperedConnection): readonly string[] {
    const frame = JSON.parse(text) as ServerFrame;
    if (frame.kind === "welcome") connection.userId = frame.userId;
    if (frame.kind !== "events" || this.#tamper.events === undefined) return [text];
    return this.#tamper.events(frame, connection).map((shown) => JSON.stringify(shown));
  }

  #ownReply({ id, type, data }: Command): object | undefined {
    const own = this.#tamper.command?.({ id, type, data });
    return own === undefined ? undefined : { kind: "reply", id, ok: true, duplicate: false, data: own };
  }
}

function sseBlock(text: string): string {
  const { kind, cursor } = JSON.parse(text) as { readonly kind: string; readonly cursor?: string };
  return `event: ${kind}\ndata: ${text}\n${cursor === undefined ? "" : `id: ${cursor}\n`}\n`;
}

/** Frames of one event each, so that single events can be tampered with. */
export function single(frame: EventsFrame): readonly EventsFrame[] {
  return frame.events.map((event) => {
    const [epoch = ""] = frame.cursor.split("-");
    const cursor = `${epoch}-${event.type === "compacted" ? event.data.through : event.sequence}`;
    return { kind: "events", events: [event], cursor: cursor as EventsFrame["cursor"] };
  });
}

export function eventOf(frame: EventsFrame): Event {
  return frame.events[0] as Event;
}
