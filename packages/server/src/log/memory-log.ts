import type { Limits } from "@throughline/protocol";
import type { Clock } from "../base/clock.ts";
import { EmbeddedLog } from "./embedded-log.ts";
import { MemoryStore } from "./memory-store.ts";

/** A log in memory; gone with the process. */
export class MemoryLog extends EmbeddedLog {
  constructor(options: { readonly epoch: string; readonly clock: Clock; readonly limits: Limits }) {
    super({ store: new MemoryStore(options.epoch), clock: options.clock, limits: options.limits });
  }
}
