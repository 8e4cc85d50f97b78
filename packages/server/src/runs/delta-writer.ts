import type { JsonValue, Limits } from "@throughline/protocol";
import type { Clock, Timer } from "../base/clock.ts";
import type { RunEvent } from "./run-writer.ts";

/**
 * Turns the tokens of one step into few `agent_delta` events: the first goes out at once, what comes while an append is
 * in hand or within `deltaIntervalMs` of the last goes out together. The closing delta carries the step's record.
 */
export class DeltaWriter {
  readonly #append: (events: readonly RunEvent[]) => Promise<void>;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #step: number;
  #buffer = "";
  #written = "";
  #appending: Promise<void> | undefined;
  #timer: Timer | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #closing = false;
  #failure: unknown;

  constructor(options: {
    readonly step: number;
    readonly clock: Clock;
    readonly limits: Limits;
    append(events: readonly RunEvent[]): Promise<void>;
  }) {
    this.#step = options.step;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#append = options.append;
  }

  /** Everything that was written to the step so far. */
  get text(): string {
    return this.#written + this.#buffer;
  }

  write(text: string): void {
    if (text === "" || this.#failure !== undefined) return;
    this.#buffer += text;
    this.#flushWhenDue();
  }

  /** Durable when it resolves; with `record`, the step is recorded by the same append. */
  async close(record?: JsonValue): Promise<void> {
    this.#closing = true;
    this.#timer?.cancel();
    await this.#appending;
    while (this.#buffer.length > this.#limits.deltaCharactersMax) await this.#flush(undefined);
    if (this.#buffer !== "" || record !== undefined) await this.#flush(record);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #flushWhenDue(): void {
    if (this.#closing || this.#appending !== undefined || this.#timer !== undefined) return;
    const wait = this.#flushedAt + this.#limits.deltaIntervalMs - this.#clock.monotonic();
    if (wait <= 0 || this.#buffer.length >= this.#limits.deltaCharactersMax) void this.#flush(undefined);
    else {
      this.#timer = this.#clock.schedule(wait, () => {
        this.#timer = undefined;
        void this.#flush(undefined);
      });
    }
  }

  /** Never rejects; a failure is kept for `close`, and the run knows of it already. */
  #flush(record: JsonValue | undefined): Promise<void> {
    const text = this.#take();
    if (text === "" && record === undefined) return Promise.resolve();
    const data = { step: this.#step, offset: this.#written.length, text };
    this.#written += text;
    this.#flushedAt = this.#clock.monotonic();
    this.#appending = this.#append([
      { type: "agent_delta", data, ...(record === undefined ? {} : { private: record }) },
    ])
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#appending = undefined;
        if (this.#buffer !== "" && this.#failure === undefined) this.#flushWhenDue();
      });
    return this.#appending;
  }

  /** At most `deltaCharactersMax`. Half of a surrogate pair waits for the other half, or is replaced if none comes. */
  #take(): string {
    let end = Math.min(this.#buffer.length, this.#limits.deltaCharactersMax);
    const last = this.#buffer.charCodeAt(end - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    if (isHalf && !(this.#closing && end === this.#buffer.length)) end -= 1;
    const text = this.#buffer.slice(0, end).toWellFormed();
    this.#buffer = this.#buffer.slice(end);
    return text;
  }
}
