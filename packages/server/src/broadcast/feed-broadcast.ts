import type { Limits, ResetReason, UserId } from "@throughline/protocol";
import { type Clock, delay, type Timer } from "../base/clock.ts";
import type { Log } from "../log/log.ts";
import type { StoredEvent } from "../log/stored-event.ts";
import { Frame } from "./frame.ts";
import { frameSizes, type Sink, type Subscription } from "./subscription.ts";

export interface BroadcastOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Told when a feed cannot be followed; its connections are behind until it can. */
  onError(error: unknown, feed: UserId): void;
}

/** A frame, and the sequence of its last event. */
interface FramePart {
  readonly frame: Frame;
  readonly through: number;
}

const retryDelayMs = 500;

/**
 * One follower of one feed, shared by all connections of its owner on this node. The first events of a quiet feed go out
 * at once, so that nobody waits for the beginning of an answer; a steady stream goes out once in each `deliveryIntervalMs`,
 * because how often a socket is written is what delivery costs. A connection that cannot take more falls back to reading the log, and delays nobody.
 */
export class FeedBroadcast {
  readonly #feed: UserId;
  readonly #options: BroadcastOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #closing = new AbortController();
  /** Resolves when the follower has begun, which gives `#flushed` its meaning. */
  readonly #following = Promise.withResolvers<void>();
  /** Sequence up to which live subscriptions have everything. */
  #flushed = 0;
  #outbox: StoredEvent[] = [];
  /** Monotonic time from which on the next flush need not wait. */
  #dueAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(feed: UserId, options: BroadcastOptions) {
    this.#feed = feed;
    this.#options = options;
    void this.#follow();
  }

  get idle(): boolean {
    return this.#subscriptions.size === 0;
  }

  add(after: number, sink: Sink, reset: ResetReason | undefined): () => void {
    const subscription: Subscription = {
      sink,
      state: "behind",
      position: after,
      heldBytes: 0,
      reading: false,
      drained: undefined,
      reset,
    };
    this.#subscriptions.add(subscription);
    void this.#catchUp(subscription);
    return () => {
      subscription.state = "closed";
      subscription.drained?.();
      this.#subscriptions.delete(subscription);
    };
  }

  close(): void {
    this.#closing.abort();
    this.#following.resolve();
    this.#timer?.cancel();
  }

  async #follow(): Promise<void> {
    const { log, clock, onError } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const { head } = await log.bounds(this.#feed);
        this.#flushed = head;
        this.#outbox = [];
        this.#following.resolve();
        // Whoever was live may have missed what came between two followers.
        for (const subscription of this.#subscriptions) this.#fallBehind(subscription);
        for await (const events of log.follow(this.#feed, head, signal)) this.#gather(events);
      } catch (error) {
        onError(error, this.#feed);
        await delay(clock, retryDelayMs, signal);
      }
    }
  }

  #gather(events: readonly StoredEvent[]): void {
    if (this.#outbox.length === 0) this.#outbox = events.slice();
    else for (const stored of events) this.#outbox.push(stored);
    if (this.#timer !== undefined) return;
    const { clock } = this.#options;
    const wait = this.#dueAt - clock.monotonic();
    if (wait <= 0) this.#flush();
    else {
      this.#timer = clock.schedule(wait, () => {
        this.#timer = undefined;
        this.#flush();
      });
    }
  }

  #flush(): void {
    const events = this.#outbox;
    this.#outbox = [];
    const { clock, limits } = this.#options;
    // A feed that was quiet has saved up flushes; one that is not gets one in each interval.
    const saved = (limits.deliveryBurstMax - 1) * limits.deliveryIntervalMs;
    this.#dueAt = Math.max(this.#dueAt, clock.monotonic() - saved) + limits.deliveryIntervalMs;
    const last = events.at(-1);
    if (last === undefined) return;
    const before = this.#flushed;
    this.#flushed = last.lastSequence;
    const parts = [...this.#parts(events)];
    for (const subscription of this.#subscriptions) {
      if (subscription.state !== "live") continue;
      if (subscription.position === before) this.#send(subscription, parts);
      if (subscription.position !== this.#flushed) this.#fallBehind(subscription);
    }
  }

  /** Lazily, so that nothing is encoded that a reader has no room for. */
  *#parts(events: readonly StoredEvent[]): Generator<FramePart> {
    const { log, limits } = this.#options;
    for (const part of frameSizes(events, limits.eventsFrameEventsMax, limits.eventsFrameBytesMax)) {
      yield { frame: Frame.ofEvents(log.epoch, part), through: (part.at(-1) as StoredEvent).lastSequence };
    }
  }

  /** Hands over as many of the parts as there is room for. A sink may unsubscribe while it is written to. */
  #send(subscription: Subscription, parts: Iterable<FramePart>): void {
    for (const { frame, through } of parts) {
      if (subscription.state === "closed" || !this.#hasRoom(subscription)) return;
      this.#write(subscription, frame);
      subscription.position = through;
    }
  }

  /** With half of the buffer left, there is room for a whole frame. */
  #hasRoom(subscription: Subscription): boolean {
    return subscription.heldBytes < this.#options.limits.connectionBufferBytesMax / 2;
  }

  #write(subscription: Subscription, frame: Frame): void {
    const bytes = frame.bytes.byteLength;
    subscription.heldBytes += bytes;
    subscription.sink.write(frame, () => {
      subscription.heldBytes -= bytes;
      if (subscription.drained !== undefined && this.#hasRoom(subscription)) {
        subscription.drained();
        subscription.drained = undefined;
      }
    });
  }

  #fallBehind(subscription: Subscription): void {
    if (subscription.state === "closed") return;
    subscription.state = "behind";
    void this.#catchUp(subscription);
  }

  /** Reads the log for one connection, at the pace of its transport, until it has what the live ones have. */
  async #catchUp(subscription: Subscription): Promise<void> {
    if (subscription.reading) return;
    subscription.reading = true;
    try {
      await this.#following.promise;
      while (subscription.state === "behind") await this.#catchUpStep(subscription);
    } catch (error) {
      this.#options.onError(error, this.#feed);
      await delay(this.#options.clock, retryDelayMs, this.#closing.signal);
    } finally {
      subscription.reading = false;
    }
    if (subscription.state === "behind" && !this.#closing.signal.aborted) void this.#catchUp(subscription);
  }

  async #catchUpStep(subscription: Subscription): Promise<void> {
    const { log } = this.#options;
    if (subscription.reset !== undefined) {
      this.#write(subscription, Frame.ofReset(log.epoch, subscription.reset, subscription.position));
      subscription.reset = undefined;
    }
    if (!this.#hasRoom(subscription)) {
      await new Promise<void>((resolve) => {
        subscription.drained = resolve;
      });
      return;
    }
    if (subscription.position === this.#flushed) {
      subscription.state = "live";
      return;
    }
    const page = await log.read(this.#feed, subscription.position);
    if (subscription.state !== "behind") return;
    if (page.kind !== "events") {
      subscription.reset = page.kind;
      subscription.position = page.head;
      return;
    }
    // Not beyond what the live ones have: only at exactly their place can it join them.
    const count = page.events.findLastIndex((stored) => stored.lastSequence <= this.#flushed) + 1;
    if (count === 0) {
      await delay(this.#options.clock, this.#options.limits.deliveryIntervalMs, this.#closing.signal);
      return;
    }
    this.#send(subscription, this.#parts(page.events.slice(0, count)));
  }
}
