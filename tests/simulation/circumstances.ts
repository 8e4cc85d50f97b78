import type { Limits } from "@throughline/protocol";
import type { Observe } from "./observe.ts";
import type { Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What all parts of one world share. */
export interface Circumstances {
  readonly plan: Plan;
  readonly limits: Limits;
  readonly time: VirtualTime;
  /** Parts draw from streams of it. */
  readonly random: Random;
  readonly observe: Observe;
  /** That something happened that only the world can know of, to tell whether a simulation was worth its time. */
  count(what: string): void;
  mistake(rule: Mistake["rule"], error: unknown): void;
}

/** A failure that no checker has to find: what was thrown, what the server itself calls a mistake, what never rests. */
export interface Mistake {
  readonly rule: "unhandled" | "internal" | "restless";
  readonly message: string;
  readonly at: number;
}
