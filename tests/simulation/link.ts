/**
 * One connection through the simulated network, from a device to a node: ordered in both directions, late, and broken now
 * and then. The server's side holds what the client does not read.
 */
import { type CloseCodeName, closeCodes } from "@throughline/protocol";
import type { Frame } from "../../packages/server/src/broadcast/frame.ts";
import type { Transport } from "../../packages/server/src/gateway/connection.ts";
import { type Latency, Line } from "./line.ts";
import type { NodeGate } from "./node-gate.ts";
import type { Observe } from "./observe.ts";
import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The server's side of an open link. */
export interface ServerEnd {
  receive(text: string): void;
  /** The peer has answered a heartbeat. */
  pong(): void;
  /** The transport is gone. */
  gone(): void;
}

/** The client's side. After `ended` it hears nothing more. */
export interface ClientEnd {
  opened(): void;
  receive(text: string): void;
  /** `code`: undefined when the connection broke or was never opened. */
  ended(code: number | undefined): void;
}

export interface LinkOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly latency: Latency;
  readonly observe: Observe;
  count(what: string): void;
  readonly client: ClientEnd;
}

/** What the network itself holds between the two ends. */
const windowBytes = 2_000;
/** A transport that cannot say goodbye ends anyway, as `ws` does it. */
const closeTimeoutMs = 30_000;

interface Held {
  readonly text: string;
  readonly flushed: () => void;
}

export class Link implements Transport {
  readonly name: string;
  readonly #options: LinkOptions;
  readonly #up: Line;
  readonly #down: Line;
  #gate: NodeGate | undefined;
  #server: ServerEnd | undefined;
  #state: "opening" | "open" | "closing" | "ended" = "opening";
  #closing: { readonly code: number } | undefined;
  /** Frames that the server's side holds, and those that are on their way or wait to be read. */
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #peakBytes = 0;
  #inFlightBytes = 0;
  readonly #unread: string[] = [];
  #stalledUntil = 0;

  constructor(options: LinkOptions) {
    this.name = options.name;
    this.#options = options;
    this.#up = new Line(options.time, options.random, options.latency);
    this.#down = new Line(options.time, options.random, options.latency);
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  /** Something is on its way, or held, or unread. */
  get busy(): boolean {
    if (this.#state === "ended") return false;
    return this.#state !== "open" || this.#inFlightBytes > 0 || this.#up.busy || this.#down.busy;
  }

  /** The client reads again. */
  hurry(): void {
    this.#stalledUntil = 0;
    this.#readUnread();
  }

  /** Asks a node to let it in. `admit` is called there: it returns the server's side, or undefined to refuse. */
  open(gate: NodeGate | undefined, admit: (link: Link) => ServerEnd | undefined): void {
    this.#up.put(() => {
      if (gate === undefined || !gate.alive) return this.#refused();
      gate.arrive(() => {
        if (this.#state !== "opening") return;
        const server = admit(this);
        if (server === undefined) return this.#refused();
        this.#gate = gate;
        this.#server = server;
        this.#state = "open";
        this.#down.put(() => this.#options.client.opened());
      });
    });
  }

  /** A frame of the client. */
  send(text: string): void {
    if (this.#state === "ended") return;
    this.#up.put(() => {
      if (this.#state === "ended") return;
      this.#gate?.arrive(() => {
        if (this.#state === "ended") return;
        this.#options.observe({ kind: "sent", connection: this.name, text });
        this.#server?.receive(text);
      });
    });
  }

  /** The client closes. */
  leave(): void {
    if (this.#state === "ended") return;
    this.#end("client", closeCodes.normal);
    this.#up.put(() => this.#gate?.arrive(() => this.#server?.gone()));
  }

  /** The connection breaks. Each side learns of it after so many milliseconds, or not by itself. */
  cut(clientLearnsMs: number | undefined, serverLearnsMs: number | undefined): void {
    if (this.#state === "ended") return;
    this.#end("network", undefined);
    const { time, client } = this.#options;
    if (clientLearnsMs !== undefined) time.schedule(clientLearnsMs, () => client.ended(undefined));
    if (serverLearnsMs !== undefined) this.#tellServer(serverLearnsMs);
  }

  /** The server's side is gone. What the network holds still arrives; whether the client then learns of it, it is told. */
  sever(clientLearns: boolean): void {
    this.#held.length = 0;
    if (!clientLearns || this.#state === "ended") return;
    this.#down.put(() => {
      if (this.#state === "ended") return;
      this.#end("network", undefined);
      this.#options.client.ended(undefined);
    });
  }

  /** The client reads nothing for so long. */
  stall(forMs: number): void {
    const { time, observe } = this.#options;
    observe({ kind: "stalled", connection: this.name, forMs });
    this.#stalledUntil = Math.max(this.#stalledUntil, time.now + forMs);
    time.schedule(forMs, () => this.#readUnread());
  }

  write(frame: Frame, flushed: () => void): void {
    const gate = this.#gate;
    gate?.leave(() => {
      if (this.#state === "ended" || this.#state === "closing") return;
      this.#heldBytes += frame.text.length;
      if (this.#inFlightBytes >= windowBytes) this.#options.count("frames held for slow readers");
      this.#held.push({ text: frame.text, flushed: () => gate.arrive(flushed) });
      this.#pump();
      if (this.#heldBytes <= this.#peakBytes) return;
      this.#peakBytes = this.#heldBytes;
      this.#options.observe({ kind: "buffered", connection: this.name, bytes: this.#heldBytes });
    });
  }

  close(code: CloseCodeName): void {
    this.#gate?.leave(() => {
      if (this.#state !== "open") return;
      this.#state = "closing";
      this.#closing = { code: closeCodes[code] };
      this.#options.time.schedule(closeTimeoutMs, () => this.cut(0, 0));
      this.#pump();
    });
  }

  /** A heartbeat of the server, which a client's WebSocket answers by itself. */
  ping(): void {
    this.#gate?.leave(() => {
      if (this.#state !== "open") return;
      this.#down.put(() => {
        if (this.#state === "ended") return;
        this.#up.put(() => {
          if (this.#state !== "ended") this.#gate?.arrive(() => this.#server?.pong());
        });
      });
    });
  }

  /** The server gives up on the peer. */
  terminate(): void {
    this.#gate?.leave(() => {
      if (this.#state !== "ended") this.cut(undefined, 0);
      else this.#tellServer(0);
    });
  }

  #refused(): void {
    this.#state = "ended";
    this.#options.time.schedule(1, () => this.#options.client.ended(undefined));
  }

  #pump(): void {
    while (this.#held.length > 0 && this.#inFlightBytes < windowBytes) {
      const { text, flushed } = this.#held.shift() as Held;
      this.#heldBytes -= text.length;
      this.#inFlightBytes += text.length;
      queueMicrotask(flushed);
      this.#down.put(() => {
        if (this.#state === "ended") return;
        this.#unread.push(text);
        this.#readUnread();
      });
    }
    if (this.#closing === undefined || this.#held.length > 0) return;
    const { code } = this.#closing;
    this.#closing = undefined;
    this.#down.put(() => this.#sayGoodbye(code));
  }

  /** What was sent before is read before. */
  #sayGoodbye(code: number): void {
    if (this.#state === "ended") return;
    const { time, client } = this.#options;
    if (this.#unread.length > 0) {
      time.schedule(Math.max(1, this.#stalledUntil - time.now), () => this.#sayGoodbye(code));
      return;
    }
    this.#end("server", code);
    this.#tellServer(0);
    client.ended(code);
  }

  #readUnread(): void {
    const { time, client, observe } = this.#options;
    if (time.now < this.#stalledUntil) return;
    while (this.#state !== "ended") {
      const text = this.#unread.shift();
      if (text === undefined) return;
      this.#inFlightBytes -= text.length;
      observe({ kind: "received", connection: this.name, text });
      client.receive(text);
      this.#pump();
    }
  }

  #tellServer(afterMs: number): void {
    this.#options.time.schedule(afterMs, () => this.#gate?.arrive(() => this.#server?.gone()));
  }

  #end(by: "client" | "server" | "network", code: number | undefined): void {
    const wasOpen = this.#state !== "opening";
    this.#state = "ended";
    this.#held.length = 0;
    this.#unread.length = 0;
    if (!wasOpen) return;
    this.#options.observe({ kind: "closed", connection: this.name, by, ...(code !== undefined && { code }) });
  }
}
