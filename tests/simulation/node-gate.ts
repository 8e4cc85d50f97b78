/**
 * The border of one life of a node: everything that it does to the world, and everything that the world does to it, passes
 * here. A node that died does nothing any more and hears nothing; one that is paused hears everything later.
 */
import type { Clock, Timer } from "../../packages/server/src/base/clock.ts";
import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface GateOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  /** Milliseconds that the node's wall clock is ahead. */
  clockAhead(): number;
  /** Told of every crossing, which may be the node's last. */
  onCrossing(): Death | undefined;
  /** The gate is shut already. */
  onDeath(downMs: number): void;
}

/** A node dies before it does something, or right after. */
export interface Death {
  readonly when: "before" | "after";
  readonly downMs: number;
}

export class NodeGate {
  readonly clock: Clock;
  readonly #options: GateOptions;
  #alive = true;
  #paused = false;
  /** What waits for the end of a pause, or for those that waited before it; each in its order. */
  readonly #waiting: { readonly timers: (() => void)[]; readonly arrivals: (() => void)[] } = {
    timers: [],
    arrivals: [],
  };
  #waking = false;

  constructor(options: GateOptions) {
    this.#options = options;
    const { time } = options;
    this.clock = {
      now: () => Math.floor(time.now + options.clockAhead()),
      monotonic: () => time.now,
      schedule: (delayMs, callback) => this.#schedule(delayMs, callback),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** From now on nothing passes. */
  shut(): void {
    this.#alive = false;
    this.#waiting.timers.length = 0;
    this.#waiting.arrivals.length = 0;
  }

  /** The node does something to the world outside. False when it was dead, or died before it did. */
  leave(act: () => void): boolean {
    if (!this.#alive) return false;
    const death = this.#options.onCrossing();
    if (death?.when === "before") {
      this.#die(death);
      return false;
    }
    act();
    if (death !== undefined) this.#die(death);
    return true;
  }

  /** Something reaches the node. */
  arrive(act: () => void): void {
    if (!this.#alive) return;
    if (this.#paused || this.#waking) this.#waiting.arrivals.push(act);
    else this.#enter(act);
  }

  pause(): void {
    this.#paused = true;
  }

  /** What has gathered happens now, timers and arrivals mixed, each of them in order. */
  resume(): void {
    this.#paused = false;
    if (this.#waking) return;
    this.#waking = true;
    this.#wake();
  }

  #wake(): void {
    const { time, random } = this.#options;
    if (!this.#alive || this.#paused) {
      this.#waking = false;
      return;
    }
    const { timers, arrivals } = this.#waiting;
    const timerFirst = timers.length > 0 && (arrivals.length === 0 || random.chance(0.5));
    const next = timerFirst ? timers.shift() : arrivals.shift();
    if (next === undefined) {
      this.#waking = false;
      return;
    }
    if (timerFirst) next();
    else this.#enter(next);
    time.schedule(0, () => this.#wake());
  }

  #enter(act: () => void): void {
    const death = this.#options.onCrossing();
    if (death === undefined) act();
    else this.#die(death);
  }

  #die({ downMs }: Death): void {
    this.shut();
    this.#options.onDeath(downMs);
  }

  #schedule(delayMs: number, callback: () => void): Timer {
    let cancelled = false;
    const fire = () => {
      if (!cancelled) callback();
    };
    const scheduled = this.#options.time.schedule(delayMs, () => {
      if (!this.#alive) return;
      if (this.#paused || this.#waking) this.#waiting.timers.push(fire);
      else fire();
    });
    return {
      cancel() {
        cancelled = true;
        scheduled.cancel();
      },
    };
  }
}
