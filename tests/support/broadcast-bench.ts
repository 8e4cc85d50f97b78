/** A broadcaster over a log in memory under virtual time, and the devices that it delivers to. */
import {
  defaultLimits,
  type Event,
  type Limits,
  type ResetReason,
  type RunId,
  type ServerFrame,
  type ThreadId,
  type UserId,
} from "@throughline/protocol";
import { Broadcaster } from "../../packages/server/src/broadcast/broadcaster.ts";
import type { Frame } from "../../packages/server/src/broadcast/frame.ts";
import type { Sink } from "../../packages/server/src/broadcast/subscription.ts";
import { MemoryLog } from "../../packages/server/src/log/memory-log.ts";
import type { NewEvent } from "../../packages/server/src/log/stored-event.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { WatchedLog } from "./watched-log.ts";

export const alice = "alice" as UserId;
export const bob = "bob" as UserId;
export const threadId = "thr_aaaaaaaaaa" as ThreadId;
export const runId = "run_aaaaaaaaaa" as RunId;

/** A device as the broadcaster sees it: takes frames, and says that they have left at once or when the test lets it. */
export class Device implements Sink {
  readonly frames: Frame[] = [];
  readonly received: ServerFrame[] = [];
  readonly events: Event[] = [];
  /** Virtual times at which frames came. */
  readonly times: number[] = [];
  stalled = false;
  heldBytes = 0;
  heldBytesMost = 0;
  onWrite = () => {};
  readonly #clock: VirtualClock;
  readonly #held: { readonly bytes: number; readonly flushed: () => void }[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  write(frame: Frame, flushed: () => void): void {
    const bytes = Buffer.byteLength(frame.text);
    const parsed = JSON.parse(frame.text) as ServerFrame;
    this.frames.push(frame);
    this.received.push(parsed);
    if (parsed.kind === "events") this.events.push(...parsed.events);
    this.times.push(this.#clock.monotonic());
    this.heldBytes += bytes;
    this.heldBytesMost = Math.max(this.heldBytesMost, this.heldBytes);
    this.#held.push({ bytes, flushed });
    this.onWrite();
    if (!this.stalled) this.flush();
  }

  /** Lets frames leave, the oldest first. */
  flush(count = Number.POSITIVE_INFINITY): void {
    for (let index = 0; index < count; index += 1) {
      const oldest = this.#held.shift();
      if (oldest === undefined) return;
      this.heldBytes -= oldest.bytes;
      oldest.flushed();
    }
  }

  /** Takes everything from now on. */
  resume(): void {
    this.stalled = false;
    this.flush();
  }

  get sequences(): number[] {
    return this.events.map((event) => event.sequence);
  }
}

export function broadcastBench(given: Partial<Limits> = {}) {
  const clock = new VirtualClock();
  const limits = { ...defaultLimits, ...given };
  const log = new WatchedLog(new MemoryLog({ epoch: "epoch1", clock, limits }));
  const errors: unknown[] = [];
  const broadcaster = new Broadcaster({ log, clock, limits, onError: (error) => errors.push(error) });
  const append = async (events: readonly NewEvent[], feed = alice) => {
    const { head } = await log.bounds(feed);
    const result = await log.append(feed, { expectedHead: head, events });
    if (result.kind !== "appended") throw new Error(`unable to append; ${result.kind}`);
  };
  const subscribe = (after = 0, feed = alice, reset?: ResetReason) => {
    const device = new Device(clock);
    return { device, unsubscribe: broadcaster.subscribe(feed, after, device, reset) };
  };
  return { clock, limits, log, errors, broadcaster, append, subscribe };
}

export const titled = (...titles: string[]): NewEvent[] =>
  titles.map((title) => ({ type: "thread_renamed", threadId, data: { title } }));
export const deltas = (count: number, text: string): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    type: "agent_delta",
    threadId,
    runId,
    data: { step: 1, offset: index * text.length, text },
  }));
/** The sequences from `first` to `last`. */
export const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
