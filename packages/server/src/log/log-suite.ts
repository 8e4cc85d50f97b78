/**
 * The suite that every `Log` passes. A new log imports it and hands over how it is opened; nothing in here knows which log
 * it tests. What only one implementation can promise is tested beside that one.
 */
import { defaultLimits, type Limits } from "@throughline/protocol";
import { describe } from "vitest";
import { VirtualClock } from "../../../../tests/support/virtual-clock.ts";
import type { Clock } from "../base/clock.ts";
import { describeAppend } from "./append-suite.ts";
import { describeCompaction } from "./compaction-suite.ts";
import { describeEpochs } from "./epochs-suite.ts";
import { describeFollow } from "./follow-suite.ts";
import { describeHistory } from "./history-suite.ts";
import { describeKeys } from "./keys-suite.ts";
import type { Log } from "./log.ts";
import { describeRead } from "./read-suite.ts";
import { describeRunIndex } from "./run-index-suite.ts";

export interface LogOptions {
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface OpenedLog {
  readonly log: Log;
  /** Closes the log and opens again what it has left; a string says why nothing outlives this log. */
  readonly reopen: (() => Promise<Log>) | string;
  /** Closes the log last opened and removes what it has left. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a part of the suite gets a log: empty, under a clock that stands still, with these limits changed. */
export type OpenLog = (limits?: Partial<Limits>) => Promise<OpenedLog & { readonly clock: VirtualClock }>;

/** `historiesCount` is how many random histories the log is taken through, each from its opening on. */
export function describeLog(
  name: string,
  openLog: (options: LogOptions) => Promise<OpenedLog>,
  { historiesCount = 100 } = {},
): void {
  const open: OpenLog = async (limits = {}) => {
    const clock = new VirtualClock();
    const opened = await openLog({ clock, limits: { ...defaultLimits, ...limits } });
    return { ...opened, clock };
  };
  describe(name, () => {
    describeAppend(open);
    describeKeys(open);
    describeRead(open);
    describeFollow(open);
    describeCompaction(open);
    describeEpochs(open);
    describeRunIndex(open);
    describeHistory(open, historiesCount);
  });
}
