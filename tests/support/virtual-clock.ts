import type { Clock, Timer } from "../../packages/server/src/base/clock.ts";

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #milliseconds = 0;
  readonly #timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>();
  readonly #epoch: number;

  /** `epoch` is what `now` says at the start, in milliseconds since the Unix epoch. */
  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + this.#milliseconds;
  }

  monotonic(): number {
    return this.#milliseconds;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer = { dueAt: this.#milliseconds + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on by `milliseconds`; due timers fire in order, and what they wake runs before the next one fires. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#milliseconds + milliseconds;
    for (;;) {
      await settle();
      const next = [...this.#timers].sort((left, right) => left.dueAt - right.dueAt)[0];
      if (next === undefined || next.dueAt > end) break;
      this.#timers.delete(next);
      this.#milliseconds = Math.max(this.#milliseconds, next.dueAt);
      next.callback();
    }
    this.#milliseconds = end;
    await settle();
  }
}

/** Lets promises and streams that can go on do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
