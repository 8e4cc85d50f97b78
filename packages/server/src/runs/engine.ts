import type { RunId } from "@throughline/protocol";
import { type Clock, delay, type Timer } from "../base/clock.ts";
import type { ClaimedRun } from "../log/log.ts";
import { type ExecutionParts, RunExecution } from "./run-execution.ts";

interface ActiveRun {
  readonly execution: RunExecution;
  readonly done: Promise<void>;
  /** Monotonic time of the last renewal that succeeded. */
  renewedAt: number;
}

const retryDelayMs = 1_000;

/**
 * Claims runs and executes them, as many at once as the limits allow. It holds no state that a crash could lose: which
 * runs there are, who holds them and what they have done is all in the log.
 */
export class Engine {
  readonly #parts: ExecutionParts;
  readonly #clock: Clock;
  readonly #active = new Map<
    RunId,
    { readonly execution: RunExecution; readonly done: Promise<void>; renewedAt: number }
  >();
  readonly #closing = new AbortController();
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;
  #claiming = false;
  #claimAgain = false;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  /** Number of runs in execution. */
  get activeRuns(): number {
    return this.#active.size;
  }

  /** Begins with the runs that an earlier process has left. */
  start(): void {
    this.#unsubscribe = this.#parts.log.runs.onAvailable(() => void this.#claim());
    this.#beat();
    void this.#claim();
  }

  /**
   * Claims nothing more and waits for the runs in execution, at most `drainTimeoutMs`; those that are not done by then
   * are given back and go on elsewhere, or after the next start.
   */
  async drain(): Promise<void> {
    this.#closing.abort();
    this.#unsubscribe?.();
    const { drainTimeoutMs } = this.#parts.limits;
    const idle = Promise.all([...this.#active.values()].map(({ done }) => done));
    await Promise.race([idle, delay(this.#clock, drainTimeoutMs)]);
    this.abandon();
    await idle;
    this.#timer?.cancel();
  }

  /** Gives back the runs in execution at once; they go on elsewhere, or after the next start. */
  abandon(): void {
    this.#closing.abort();
    for (const { execution } of this.#active.values()) execution.abort("drained");
  }

  async #claim(): Promise<void> {
    // One claim at a time; what becomes available meanwhile is looked for afterwards.
    if (this.#claiming) {
      this.#claimAgain = true;
      return;
    }
    this.#claiming = true;
    try {
      do {
        this.#claimAgain = false;
        await this.#claimOnce();
      } while (this.#claimAgain);
    } finally {
      this.#claiming = false;
    }
  }

  async #claimOnce(): Promise<void> {
    const { limits, log, logger } = this.#parts;
    // Whether or not there is room for more. And first: after the process was held up, its own leases may look expired.
    await this.#renewDue();
    const runsMax = limits.runsPerNodeMax - this.#active.size;
    if (runsMax <= 0 || this.#closing.signal.aborted) return;
    try {
      const claim = { leaseDurationMs: limits.leaseDurationMs, runsMax, runsPerFeedMax: limits.runsPerUserMax };
      for (const run of await log.runs.claim(claim)) this.#execute(run);
    } catch (error) {
      logger.error({ err: error }, "unable to claim runs");
    }
  }

  #execute(run: ClaimedRun): void {
    // A healthy run is never executed twice: if this node still executes it, the old attempt yields to the new lease.
    this.#active.get(run.runId)?.execution.abort("fenced");
    const execution = new RunExecution(run, this.#parts);
    const done = this.#finish(execution);
    this.#active.set(run.runId, { execution, done, renewedAt: this.#clock.monotonic() });
  }

  async #finish(execution: RunExecution): Promise<void> {
    const { run } = execution;
    const result = await execution.execute();
    if (this.#active.get(run.runId)?.execution === execution) this.#active.delete(run.runId);
    if (result.kind === "abandoned" && result.reason !== "fenced") {
      // The storage gets a moment before the run is tried again, to work or to finish what is on its way.
      const waits = result.reason === "storage" || result.reason === "stale";
      if (waits) await delay(this.#clock, retryDelayMs, this.#closing.signal);
      await this.#parts.log.runs.release(run).catch(() => undefined);
    }
    void this.#claim();
  }

  /** Renews every lease, and looks for runs whose holder has died. */
  #beat(): void {
    this.#timer = this.#clock.schedule(this.#parts.limits.leaseRenewIntervalMs, () => {
      void this.#claim();
      this.#beat();
    });
  }

  async #renewDue(): Promise<void> {
    const due = this.#clock.monotonic() - this.#parts.limits.leaseRenewIntervalMs / 2;
    const active = [...this.#active.values()].filter(({ renewedAt }) => renewedAt <= due);
    await Promise.all(active.map((entry) => this.#renew(entry)));
  }

  async #renew(active: ActiveRun): Promise<void> {
    const { limits, log } = this.#parts;
    try {
      if (await log.runs.renew(active.execution.run, limits.leaseDurationMs)) {
        active.renewedAt = this.#clock.monotonic();
        return;
      }
      active.execution.abort("fenced");
    } catch {
      // The lease may still hold; once it cannot be certain any more, somebody else may have the run.
      const expired = this.#clock.monotonic() - active.renewedAt >= limits.leaseDurationMs;
      if (expired) active.execution.abort("fenced");
    }
  }
}
