import {
  type CloseCodeName,
  type ConnectionId,
  formatCursor,
  type HelloFrame,
  type Limits,
  parseCursor,
  protocolVersion,
  type ReplyFrame,
  type ResetReason,
  type ServerFrame,
  wireError,
} from "@throughline/protocol";
import { type CommandEnvelope, clientFrameSchema } from "@throughline/protocol/schemas";
import type { Clock, Timer } from "../base/clock.ts";
import type { Identity } from "../base/identity.ts";
import type { Broadcaster } from "../broadcast/broadcaster.ts";
import { Frame } from "../broadcast/frame.ts";
import type { Sink } from "../broadcast/subscription.ts";
import type { Log } from "../log/log.ts";
import type { Router } from "../router/router.ts";

/** Moves frames and ends; decides nothing. */
export interface Transport extends Sink {
  close(code: CloseCodeName, reason: string): void;
}

export interface ConversationParts {
  readonly router: Router;
  readonly broadcaster: Broadcaster;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Told what went wrong on this side; the client is not. */
  onInternalError(error: unknown): void;
}

/** Where the cursor of a hello leads: what to say first, and from where to deliver. */
export interface Entry {
  readonly head: number;
  readonly after: number;
  readonly reset: ResetReason | undefined;
}

/** Resolves a cursor against a feed; null means from the head. */
export async function resolveEntry(log: Log, identity: Identity, after: string | null): Promise<Entry> {
  const place = after === null ? undefined : parseCursor(after);
  if (place === undefined) {
    const { head } = await log.bounds(identity.userId);
    return { head, after: head, reset: after === null ? undefined : "epoch" };
  }
  const { kind, head } = await log.locate(identity.userId, place);
  return kind === "found" ? { head, after: place.sequence, reset: undefined } : { head, after: head, reset: kind };
}

/**
 * The conversation of one connection: hello, welcome, commands and replies, pings. It reads exactly one feed, that of the
 * identity its credential was verified for, and never waits for a run.
 */
export class Connection {
  readonly id: ConnectionId;
  readonly identity: Identity;
  readonly #transport: Transport;
  readonly #parts: ConversationParts;
  readonly #helloTimer: Timer;
  #state: "awaiting-hello" | "open" | "closed" = "awaiting-hello";
  /** Commands that came with or after the hello wait until welcome is said. */
  #greeted: Promise<void> = Promise.resolve();
  #unsubscribe: (() => void) | undefined;
  #commandsInFlight = 0;
  /** Refusals in a row that told the client to slow down. */
  #refusedInRow = 0;
  /** Bytes of replies that the transport still holds: of a peer that asks but does not read. */
  #heldBytes = 0;

  constructor(id: ConnectionId, identity: Identity, transport: Transport, parts: ConversationParts) {
    this.id = id;
    this.identity = identity;
    this.#transport = transport;
    this.#parts = parts;
    this.#helloTimer = parts.clock.schedule(parts.limits.helloTimeoutMs, () => {
      this.close("no_hello", `no hello within helloTimeoutMs ${parts.limits.helloTimeoutMs}`);
    });
  }

  /** Takes one frame from the client. */
  receive(text: string): void {
    if (this.#state === "closed") return;
    const frame = parseFrame(text);
    const awaitsHello = this.#state === "awaiting-hello";
    if (frame === undefined || awaitsHello !== (frame.kind === "hello")) {
      this.close("bad_frame", awaitsHello ? "the first frame is not a hello" : "not a frame of this protocol");
      return;
    }
    if (frame.kind === "hello") {
      this.#state = "open";
      this.#helloTimer.cancel();
      this.#greeted = this.#greet(frame);
    } else if (frame.kind === "command") void this.#command(frame);
    else void this.#greeted.then(() => this.#write({ kind: "pong" }));
  }

  /** Says that the server is about to close; events still flow. Before hello nothing is said: the close says it. */
  drain(reconnectAfterMs: number): void {
    if (this.#state !== "open") return;
    void this.#greeted.then(() => this.#write({ kind: "draining", reconnectAfterMs }));
  }

  close(code: CloseCodeName, reason: string): void {
    if (this.#state === "closed") return;
    this.closed();
    this.#transport.close(code, reason);
  }

  /** The transport is gone. Runs go on. */
  closed(): void {
    this.#state = "closed";
    this.#helloTimer.cancel();
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  async #greet(hello: HelloFrame): Promise<void> {
    const { log, broadcaster, limits } = this.#parts;
    try {
      const entry = await resolveEntry(log, this.identity, hello.after);
      if (this.#state === "closed") return;
      this.#write({
        kind: "welcome",
        protocol: protocolVersion,
        connectionId: this.id,
        userId: this.identity.userId,
        head: formatCursor(log.epoch, entry.head),
        heartbeatIntervalMs: limits.heartbeatIntervalMs,
        limits,
      });
      this.#unsubscribe = broadcaster.subscribe(this.identity.userId, entry.after, this.#transport, entry.reset);
    } catch (error) {
      this.#parts.onInternalError(error);
      this.close("restarting", "the feed cannot be read");
    }
  }

  async #command(command: CommandEnvelope): Promise<void> {
    const { router, limits } = this.#parts;
    if (this.#commandsInFlight >= limits.commandsInFlightMax) {
      const message = `unable to take the command; commandsInFlightMax ${limits.commandsInFlightMax} wait for their replies`;
      this.#reply({ kind: "reply", id: command.id, ok: false, error: wireError("overloaded", message) });
      return;
    }
    this.#commandsInFlight += 1;
    await this.#greeted;
    const reply = await router.handle(this.identity, command);
    this.#commandsInFlight -= 1;
    this.#reply(reply);
  }

  #reply(reply: ReplyFrame): void {
    const slowDown = !reply.ok && (reply.error.code === "rate_limited" || reply.error.code === "overloaded");
    this.#refusedInRow = slowDown ? this.#refusedInRow + 1 : 0;
    this.#write(reply);
    const { refusedCommandsInRowMax } = this.#parts.limits;
    if (this.#refusedInRow > refusedCommandsInRowMax) {
      this.close("rate", `more than refusedCommandsInRowMax ${refusedCommandsInRowMax} commands were refused in a row`);
    }
  }

  #write(frame: ServerFrame): void {
    if (this.#state === "closed") return;
    const encoded = Frame.of(frame);
    const bytes = encoded.text.length;
    this.#heldBytes += bytes;
    if (this.#heldBytes > this.#parts.limits.connectionBufferBytesMax) {
      this.close("overloaded", "replies are not read");
      return;
    }
    this.#transport.write(encoded, () => {
      this.#heldBytes -= bytes;
    });
  }
}

function parseFrame(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return clientFrameSchema.safeParse(value).data;
}
