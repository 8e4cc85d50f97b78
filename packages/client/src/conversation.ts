import {
  type Cursor,
  closeCodes,
  type Event,
  type EventsFrame,
  type Limits,
  mayReconnect,
  parseCursor,
  type ResetFrame,
  type ServerFrame,
  type UserId,
  type WelcomeFrame,
} from "@throughline/protocol";
import { backoffMs } from "./backoff.ts";
import type { CommandQueue } from "./command-queue.ts";
import { type ConnectionStatus, statusTable } from "./connection-status.ts";
import { FeedReader } from "./feed-reader.ts";
import type { Ending, OpenTransport, Transport } from "./transport.ts";

export interface ConversationEvents {
  onStatus(status: ConnectionStatus): void;
  onEvents(events: readonly Event[]): void;
  onReset(frame: ResetFrame): void;
}

/** From the first request to the welcome. A network that swallows what it is given is tried again after it. */
const connectTimeoutMs = 10_000;

/**
 * Keeps one connection to the server up: says hello from where it stands, reads the feed, notices when the other side is
 * gone, and connects again. Owns the connection's state and nothing of what events or commands mean.
 */
export class Conversation {
  readonly #open: OpenTransport;
  readonly #commands: CommandQueue;
  readonly #random: () => number;
  /** Whether asking for the credential again may give another one. */
  readonly #credentialMayChange: boolean;
  readonly #events: ConversationEvents;
  readonly #feed = new FeedReader();
  #status: ConnectionStatus = { state: "idle" };
  #transport: Transport | undefined;
  /** Consecutive tries without a welcome. */
  #attempt = 0;
  #unauthenticatedBefore = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  #silentIntervals = 0;
  #head = 0;
  #start: Cursor | null = null;
  #reconnectAfterMs = 0;
  userId: UserId | undefined;
  limits: Limits | undefined;
  /** Sequence after which every event was, or will be, handed over; undefined before the first welcome. */
  coveredAfter: number | undefined;

  constructor(options: {
    readonly open: OpenTransport;
    readonly commands: CommandQueue;
    readonly random: () => number;
    readonly credentialMayChange: boolean;
    readonly events: ConversationEvents;
  }) {
    this.#open = options.open;
    this.#commands = options.commands;
    this.#random = options.random;
    this.#credentialMayChange = options.credentialMayChange;
    this.#events = options.events;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Sequence of the last event that was handed over, or of the place where they begin; 0 before the first welcome. */
  get handedOver(): number {
    return this.#feed.sequence;
  }

  connect(after: Cursor | null): void {
    if (this.#status.state !== "idle" && this.#status.state !== "closed" && this.#status.state !== "offline") return;
    if (this.#feed.cursor === undefined) this.#start = after;
    this.#attempt = 0;
    this.#unauthenticatedBefore = false;
    this.#connect();
  }

  close(): void {
    if (this.#status.state === "closed") return;
    this.#end();
    this.#become({ state: "closed", reason: "closed" });
  }

  #connect(): void {
    this.#end();
    this.#attempt += 1;
    const status: ConnectionStatus = { state: "connecting", attempt: this.#attempt };
    this.#become(status);
    // Whoever was told may have closed the client.
    if (this.#status !== status) return;
    // A transport that was given up may still speak; only the current one counts.
    const isCurrent = () => this.#transport === transport;
    const transport: Transport = this.#open(this.#feed.cursor ?? this.#start, {
      onFrame: (frame) => {
        if (!isCurrent()) return;
        this.#silentIntervals = 0;
        this.#receive(frame, transport);
      },
      onAlive: () => {
        if (isCurrent()) this.#silentIntervals = 0;
      },
      onEnd: (ending) => {
        if (isCurrent()) this.#ended(ending);
      },
    });
    this.#transport = transport;
    this.#heartbeat = setTimeout(() => this.#giveUp(), connectTimeoutMs);
  }

  #receive(frame: ServerFrame, transport: Transport): void {
    switch (frame.kind) {
      case "welcome":
        this.#welcome(frame, transport);
        return;
      case "events":
        this.#read(frame, transport);
        return;
      case "reply":
        this.#commands.settle(frame);
        return;
      case "reset":
        this.#feed.moveTo(frame.head);
        this.coveredAfter = this.#feed.sequence;
        this.#events.onReset(frame);
        this.#progress(transport);
        return;
      case "draining":
        this.#reconnectAfterMs = frame.reconnectAfterMs;
        // It would refuse every command; the next connection takes them.
        this.#commands.disconnected();
        return;
      case "pong":
        return;
    }
  }

  #welcome(frame: WelcomeFrame, transport: Transport): void {
    this.#attempt = 0;
    this.#unauthenticatedBefore = false;
    this.#reconnectAfterMs = 0;
    this.#beat(frame.heartbeatIntervalMs);
    this.userId = frame.userId;
    this.limits = frame.limits;
    this.#head = parseCursor(frame.head)?.sequence ?? 0;
    if (this.#feed.cursor === undefined) {
      this.#feed.moveTo(this.#start ?? frame.head);
      this.coveredAfter = this.#feed.sequence;
    }
    this.#progress(transport);
    if (this.#transport !== transport) return;
    this.#commands.connected((command) => transport.send(command), frame.limits.clientFrameBytesMax);
  }

  #read({ events, cursor }: EventsFrame, transport: Transport): void {
    const reading = this.#feed.read(events, cursor);
    if (reading.events.length > 0) this.#events.onEvents(reading.events);
    // Nothing is skipped: what is missing is asked for again.
    if (reading.gap && this.#transport === transport) this.#retry(0);
    else this.#progress(transport);
  }

  #progress(transport: Transport): void {
    // Whoever was told of the events may have closed the client, and connected it again.
    if (this.#transport !== transport) return;
    const remaining = this.#head - this.#feed.sequence;
    if (remaining > 0) this.#become({ state: "catching-up", remaining });
    else if (this.#status.state !== "live") this.#become({ state: "live" });
  }

  #ended({ code, reason, refusal }: Ending): void {
    const unauthenticated = code === closeCodes.unauthenticated || refusal?.code === "unauthenticated";
    if (unauthenticated) {
      // A credential that has expired may have a successor, which is asked for once.
      if (!this.#credentialMayChange || this.#unauthenticatedBefore) {
        this.#finish("unauthenticated", refusal?.message ?? reason);
        return;
      }
      this.#unauthenticatedBefore = true;
      this.#retry(0);
      return;
    }
    if (code === closeCodes.forbidden || refusal?.code === "forbidden") {
      this.#finish("forbidden", refusal?.message ?? reason);
    } else if ((code !== undefined && !mayReconnect(code)) || (refusal !== undefined && !refusal.retryable)) {
      this.#finish("protocol", refusal?.message ?? reason);
    } else {
      const waitMs = Math.max(this.#reconnectAfterMs, refusal?.retryAfterMs ?? 0);
      this.#retry(waitMs + backoffMs(this.#attempt + 1, this.#random));
    }
  }

  #retry(delayMs: number): void {
    this.#end();
    if (delayMs === 0) {
      this.#connect();
      return;
    }
    // First the timer: whoever is told may close the client, which clears it.
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    this.#become({ state: "offline", attempt: this.#attempt, retryAt: Date.now() + delayMs });
  }

  #finish(reason: "unauthenticated" | "forbidden" | "protocol", message: string | undefined): void {
    this.#end();
    this.#become({ state: "closed", reason, ...(message ? { message } : {}) });
  }

  #end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#heartbeat);
    this.#transport?.close();
    this.#transport = undefined;
    this.#commands.disconnected();
  }

  /** After one silent interval the server is asked whether it is there, after two it is not. */
  #beat(intervalMs: number): void {
    clearTimeout(this.#heartbeat);
    this.#silentIntervals = 0;
    const tick = () => {
      this.#silentIntervals += 1;
      if (this.#silentIntervals > 2) {
        this.#giveUp();
        return;
      }
      if (this.#silentIntervals > 1) this.#transport?.ping();
      this.#heartbeat = setTimeout(tick, intervalMs);
    };
    this.#heartbeat = setTimeout(tick, intervalMs);
  }

  #giveUp(): void {
    this.#retry(backoffMs(this.#attempt + 1, this.#random) + 1);
  }

  #become(status: ConnectionStatus): void {
    if (!statusTable[this.#status.state][status.state]) {
      throw new Error(`unable to go from ${this.#status.state} to ${status.state}; the client is wrong`);
    }
    this.#status = status;
    this.#events.onStatus(status);
  }
}
