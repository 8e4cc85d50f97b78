import type { Shadow, Side } from "./shadow.ts";
import type { UserSwitch } from "./user-switch.ts";

/** One implementation behind the front. */
export interface Lane<Message, Result> {
  /** Serves a message for its user. */
  serve(userId: string, message: Message): Promise<Result>;
  /**
   * Takes a copy of what the other one serves, into a world where nothing reaches a user or a tool that matters. Left out: this
   * one gets no copies.
   */
  copy?(userId: string, message: Message): Promise<Result>;
  /** What the result says, in a word that both implementations have: `stored`, `refused`. */
  outcome(result: Result): string;
}

export interface FrontOptions<Message, OldResult, NewResult> {
  readonly users: UserSwitch;
  readonly shadow: Shadow;
  readonly old: Lane<Message, OldResult>;
  readonly new: Lane<Message, NewResult>;
  messageId(message: Message): string;
  /** Copies that run at a time. Default 64; what comes then is served and not copied, and is counted. */
  readonly copiesMax?: number;
}

/** A copy that failed says so to the comparison and to nobody else. */
const failed = "failed";

/**
 * Where messages come in while users move from one implementation to another: each is served by exactly one, the one that the
 * switch names for its user at that moment, and copied to the other for comparison. A copy never delays, changes or fails what is
 * served. What users and copies get is told to the shadow by whoever sees it; the front tells it of outcomes.
 */
export class MigrationFront<Message, OldResult, NewResult> {
  readonly #options: FrontOptions<Message, OldResult, NewResult>;
  readonly #copies = new Set<Promise<void>>();
  #notCopied = 0;

  constructor(options: FrontOptions<Message, OldResult, NewResult>) {
    this.#options = options;
  }

  /** Messages that were served while too many copies ran: they are in no comparison. */
  get notCopied(): number {
    return this.#notCopied;
  }

  /** Rejects as the implementation that serves does. */
  async take(userId: string, message: Message): Promise<OldResult | NewResult> {
    const { users, old, new: fresh } = this.#options;
    return users.sideOf(userId) === "old"
      ? await this.#serve(userId, message, { side: "old", lane: old }, { side: "new", lane: fresh })
      : await this.#serve(userId, message, { side: "new", lane: fresh }, { side: "old", lane: old });
  }

  /** Resolves when no copy runs any more. */
  async settled(): Promise<void> {
    while (this.#copies.size > 0) await Promise.all(this.#copies);
  }

  async #serve<Result, Copied>(
    userId: string,
    message: Message,
    serving: { readonly side: Side; readonly lane: Lane<Message, Result> },
    other: { readonly side: Side; readonly lane: Lane<Message, Copied> },
  ): Promise<Result> {
    const { shadow, messageId, copiesMax = 64 } = this.#options;
    const id = messageId(message);
    const told = (side: Side, outcome: string) => shadow.saw(side, id, userId, { type: `outcome: ${outcome}` });
    const isCopied = other.lane.copy !== undefined && this.#copies.size < copiesMax;
    if (isCopied) {
      shadow.message(id, userId);
      this.#copy(other.lane, userId, message, (outcome) => told(other.side, outcome));
    } else if (other.lane.copy !== undefined) this.#notCopied += 1;
    try {
      const result = await serving.lane.serve(userId, message);
      if (isCopied) told(serving.side, serving.lane.outcome(result));
      return result;
    } catch (error) {
      if (isCopied) told(serving.side, failed);
      throw error;
    }
  }

  #copy<Result>(lane: Lane<Message, Result>, userId: string, message: Message, told: (outcome: string) => void): void {
    // Begun on its own, so that not even what it throws at once is heard by the one who is served.
    const copy = Promise.resolve()
      .then(() => lane.copy?.(userId, structuredClone(message)))
      .then((result) => told(lane.outcome(result as Result)))
      .catch(() => told(failed))
      .finally(() => this.#copies.delete(copy));
    this.#copies.add(copy);
  }
}
