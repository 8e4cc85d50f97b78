import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Milliseconds, both ends included. `[0, 0]`: at once, in the same turn. */
export type Latency = readonly [number, number];

/** One direction between two places: what is put in comes out late, and in the same order. */
export class Line {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #latency: Latency;
  #lastAt = 0;
  /** Put in and not yet out: nothing may overtake them. */
  #inside = 0;

  constructor(time: VirtualTime, random: Random, latency: Latency) {
    this.#time = time;
    this.#random = random;
    this.#latency = latency;
  }

  /** Something is on its way. */
  get busy(): boolean {
    return this.#inside > 0;
  }

  /** Nothing comes out for so long. */
  block(forMs: number): void {
    this.#lastAt = Math.max(this.#lastAt, this.#time.now + forMs);
  }

  put(arrive: () => void): void {
    const [least, most] = this.#latency;
    if (most === 0 && this.#inside === 0 && this.#lastAt <= this.#time.now) {
      arrive();
      return;
    }
    this.#inside += 1;
    this.#lastAt = Math.max(this.#lastAt, this.#time.now + this.#random.between(least, most));
    this.#time.scheduleAt(this.#lastAt, () => {
      this.#inside -= 1;
      arrive();
    });
  }
}
