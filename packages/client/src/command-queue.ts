import {
  type CommandData,
  type CommandFrame,
  type CommandId,
  type CommandType,
  defaultLimits,
  type ReplyData,
  type ReplyFrame,
  type WireError,
  wireError,
} from "@throughline/protocol";
import { backoffMs } from "./backoff.ts";
import { Listeners } from "./listeners.ts";
import type { OutboxEntry, OutboxStorage } from "./outbox.ts";
import { ThroughlineError } from "./throughline-error.ts";

/** A command on its way. */
export interface SentCommand<Type extends CommandType> {
  readonly id: CommandId;
  /** Settles when the server has answered, after however many reconnects; rejects with a `ThroughlineError`. */
  readonly reply: Promise<ReplyData[Type]>;
}

interface Waiting {
  readonly entry: OutboxEntry;
  readonly resolve: (data: never) => void;
  readonly reject: (error: ThroughlineError) => void;
  /** Sent on the current connection. */
  sent: boolean;
  refusals: number;
  retryTimer: ReturnType<typeof setTimeout> | undefined;
}

const entriesMax = 1_000;
const inFlightMax = 16;
const refusalsMax = 6;

/**
 * Commands from the call to the reply. An entry is stored before it is sent, sent again under the same id on every new
 * connection, and removed with its reply: the server answers an id once, so nothing happens twice.
 */
export class CommandQueue {
  readonly #outbox: OutboxStorage;
  readonly #random: () => number;
  readonly #waiting = new Map<CommandId, Waiting>();
  readonly #listeners = new Listeners<[readonly OutboxEntry[]]>();
  #unsent: readonly OutboxEntry[] = [];
  #createdAt = 0;
  #frameBytesMax: number = defaultLimits.clientFrameBytesMax;
  #send: ((frame: CommandFrame) => void) | undefined;

  constructor(outbox: OutboxStorage, random: () => number) {
    this.#outbox = outbox;
    this.#random = random;
    // Left by an earlier page: nobody waits for their replies any more, but they were meant to be sent.
    for (const entry of outbox.load())
      this.#wait(
        entry,
        () => undefined,
        () => undefined,
      );
    this.#unsent = this.#entries();
  }

  /** Commands without a reply, oldest first. The same array until something changes. */
  get unsent(): readonly OutboxEntry[] {
    return this.#unsent;
  }

  onUnsent(listener: (unsent: readonly OutboxEntry[]) => void): () => void {
    return this.#listeners.add(listener);
  }

  add<Type extends CommandType>(type: Type, data: CommandData[Type]): SentCommand<Type> {
    // No two alike: what a later page finds in the outbox is sorted by it.
    this.#createdAt = Math.max(Date.now(), this.#createdAt + 1);
    const entry: OutboxEntry = { id: crypto.randomUUID() as CommandId, type, data, createdAt: this.#createdAt };
    const refuse = (reason: string) => ({
      id: entry.id,
      reply: rejected(wireError("overloaded", `unable to ${type}; ${reason}`)),
    });
    if (this.#waiting.size >= entriesMax) return refuse(`${entriesMax} commands wait already`);
    const tooLarge = this.#tooLarge(entry);
    if (tooLarge !== undefined) return { id: entry.id, reply: rejected(tooLarge) };
    try {
      this.#outbox.add(entry);
    } catch (error) {
      return refuse(`the outbox cannot store it: ${error}`);
    }
    const reply = new Promise<ReplyData[Type]>((resolve, reject) => {
      this.#wait(entry, resolve, reject);
    });
    // Whoever does not look at the reply still finds the command in `unsent` until it is answered.
    reply.catch(() => undefined);
    this.#changed();
    this.#pump();
    return { id: entry.id, reply };
  }

  /** A connection is ready to take commands of so many bytes. */
  connected(send: (frame: CommandFrame) => void, frameBytesMax: number): void {
    this.#frameBytesMax = frameBytesMax;
    for (const { entry } of [...this.#waiting.values()]) {
      const error = this.#tooLarge(entry);
      if (error !== undefined) this.settle({ kind: "reply", id: entry.id, ok: false, error });
    }
    this.#send = send;
    this.#pump();
  }

  /** What was sent may or may not have arrived: it is sent again on the next connection. */
  disconnected(): void {
    this.#send = undefined;
    for (const waiting of this.#waiting.values()) waiting.sent = false;
  }

  settle(reply: ReplyFrame): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    if (!reply.ok && reply.error.retryable && waiting.refusals < refusalsMax) {
      this.#retryLater(waiting, reply.error.retryAfterMs);
      return;
    }
    this.#waiting.delete(reply.id);
    this.#outbox.remove(reply.id);
    if (reply.ok) waiting.resolve(reply.data as never);
    else waiting.reject(new ThroughlineError(reply.error));
    this.#changed();
    this.#pump();
  }

  /** The server would close the connection, and the next one, and so on. */
  #tooLarge(entry: OutboxEntry): WireError | undefined {
    const bytes = new TextEncoder().encode(JSON.stringify(frameOf(entry))).length;
    if (bytes <= this.#frameBytesMax) return undefined;
    const reason = `${bytes} bytes exceed clientFrameBytesMax ${this.#frameBytesMax}`;
    return wireError("too_large", `unable to ${entry.type}; ${reason}`);
  }

  #wait(entry: OutboxEntry, resolve: (data: never) => void, reject: (error: ThroughlineError) => void): void {
    this.#waiting.set(entry.id, { entry, resolve, reject, sent: false, refusals: 0, retryTimer: undefined });
  }

  #retryLater(waiting: Waiting, retryAfterMs: number | undefined): void {
    waiting.refusals += 1;
    const delayMs = Math.max(retryAfterMs ?? 0, backoffMs(waiting.refusals, this.#random));
    waiting.retryTimer = setTimeout(() => {
      waiting.retryTimer = undefined;
      waiting.sent = false;
      this.#pump();
    }, delayMs);
  }

  /** In order; while one waits to be tried again, later ones of its type wait with it. Others, such as a stop, do not. */
  #pump(): void {
    if (this.#send === undefined) return;
    let inFlight = 0;
    const held = new Set<CommandType>();
    for (const waiting of this.#waiting.values()) {
      if (inFlight >= inFlightMax) return;
      inFlight += 1;
      const { type } = waiting.entry;
      if (waiting.retryTimer !== undefined) held.add(type);
      if (waiting.sent || held.has(type)) continue;
      waiting.sent = true;
      this.#send(frameOf(waiting.entry));
    }
  }

  #entries(): OutboxEntry[] {
    return [...this.#waiting.values()].map(({ entry }) => entry);
  }

  #changed(): void {
    this.#unsent = this.#entries();
    this.#listeners.tell(this.#unsent);
  }
}

function frameOf({ id, type, data }: OutboxEntry): CommandFrame {
  return { kind: "command", id, type, data };
}

function rejected(error: WireError): Promise<never> {
  const promise = Promise.reject(new ThroughlineError(error));
  promise.catch(() => undefined);
  return promise;
}
