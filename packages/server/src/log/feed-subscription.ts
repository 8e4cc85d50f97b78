import type { StoredEvent } from "./stored-event.ts";

/**
 * One follower's share of what becomes durable. It holds at most `eventsMax` events; a follower that falls further behind
 * loses them here and reads them from the store instead, so a slow reader costs no memory.
 */
export class FeedSubscription {
  readonly #eventsMax: number;
  readonly #signal: AbortSignal;
  #events: StoredEvent[] = [];
  #wake: (() => void) | undefined;

  constructor(eventsMax: number, signal: AbortSignal) {
    this.#eventsMax = eventsMax;
    this.#signal = signal;
    signal.addEventListener("abort", this.wake, { once: true });
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.wake);
  }

  add(events: readonly StoredEvent[]): void {
    if (this.#events.length + events.length > this.#eventsMax) this.#events = [];
    else for (const stored of events) this.#events.push(stored);
    this.wake();
  }

  readonly wake = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };

  /** Everything held if it continues right after `position`; undefined when the store has to be read first. */
  takeAfter(position: number): readonly StoredEvent[] | undefined {
    const events = this.#events;
    if (events.length === 0) return undefined;
    this.#events = [];
    const start = events.findIndex((stored) => stored.sequence > position);
    if (start < 0 || (events[start] as StoredEvent).sequence !== position + 1) return undefined;
    return start === 0 ? events : events.slice(start);
  }

  /** Resolves at the next `add` or `wake`, or at once when aborted. */
  changed(): Promise<void> {
    if (this.#signal.aborted || this.#events.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
