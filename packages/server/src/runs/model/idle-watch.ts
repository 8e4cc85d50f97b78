import type { Clock, Timer } from "../../base/clock.ts";

/**
 * Calls back once when `touch` was not called for `idleTimeoutMs`. A touch is one assignment, not a new timer: a model
 * sends thousands of parts.
 */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #onIdle: () => void;
  #touchedAt: number;
  #timer: Timer;

  constructor(clock: Clock, idleTimeoutMs: number, onIdle: () => void) {
    this.#clock = clock;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#onIdle = onIdle;
    this.#touchedAt = clock.monotonic();
    this.#timer = clock.schedule(idleTimeoutMs, () => this.#check());
  }

  touch(): void {
    this.#touchedAt = this.#clock.monotonic();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #check(): void {
    const remainingMs = this.#touchedAt + this.#idleTimeoutMs - this.#clock.monotonic();
    if (remainingMs <= 0) this.#onIdle();
    else this.#timer = this.#clock.schedule(remainingMs, () => this.#check());
  }
}
