import type { CloseCodeName, Limits, UserId } from "@throughline/protocol";
import type { Clock, Timer } from "../base/clock.ts";
import { CodedError } from "../base/coded-error.ts";
import type { Identity } from "../base/identity.ts";

/** A connection as the node looks after it, whatever its transport. */
export interface LiveConnection {
  readonly identity: Identity;
  /** Called every heartbeat interval: gives a sign of life, and ends if there was none from the peer since the last. */
  beat(): void;
  drain(reconnectAfterMs: number): void;
  close(code: CloseCodeName, reason: string): void;
}

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  stillValid(identities: readonly Identity[]): Promise<readonly boolean[]>;
  onError(error: unknown): void;
}

/** Every live connection of this node: how many there may be, that they are alive, and that their credentials hold. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #live = new Set<LiveConnection>();
  readonly #perUser = new Map<UserId, number>();
  readonly #timers = new Set<Timer>();
  #draining = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    const { heartbeatIntervalMs, sessionCheckIntervalMs } = options.limits;
    this.#every(heartbeatIntervalMs, () => {
      for (const connection of this.#live) connection.beat();
    });
    this.#every(sessionCheckIntervalMs, () => void this.#checkCredentials());
  }

  get count(): number {
    return this.#live.size;
  }

  countOf(userId: UserId): number {
    return this.#perUser.get(userId) ?? 0;
  }

  /** Throws a `CodedError` when there may not be one more. */
  admit(identity: Identity): void {
    const { connectionsMax, connectionsPerUserMax } = this.#options.limits;
    if (this.#draining) throw new CodedError("draining", "unable to connect; the server is about to stop");
    if (this.#live.size >= connectionsMax) {
      throw new CodedError("overloaded", `unable to connect; connectionsMax ${connectionsMax} is reached`);
    }
    if ((this.#perUser.get(identity.userId) ?? 0) >= connectionsPerUserMax) {
      throw new CodedError(
        "rate_limited",
        `unable to connect; connectionsPerUserMax ${connectionsPerUserMax} is reached`,
      );
    }
  }

  /** Returns what to call when the connection is gone. */
  add(connection: LiveConnection): () => void {
    const { userId } = connection.identity;
    this.#live.add(connection);
    this.#perUser.set(userId, (this.#perUser.get(userId) ?? 0) + 1);
    return () => {
      if (!this.#live.delete(connection)) return;
      const left = (this.#perUser.get(userId) ?? 1) - 1;
      if (left === 0) this.#perUser.delete(userId);
      else this.#perUser.set(userId, left);
    };
  }

  /** Closes what hangs on a session that has ended. */
  endSession(sessionId: string): void {
    for (const connection of this.#live) {
      if (connection.identity.sessionId === sessionId) connection.close("unauthenticated", "the session has ended");
    }
  }

  /** Tells every connection that the server is about to stop; nobody new is let in. */
  drain(reconnectAfterMs: number): void {
    this.#draining = true;
    for (const connection of this.#live) connection.drain(reconnectAfterMs);
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    for (const connection of [...this.#live]) connection.close("restarting", "the server stops");
  }

  async #checkCredentials(): Promise<void> {
    const connections = [...this.#live];
    if (connections.length === 0) return;
    try {
      const valid = await this.#options.stillValid(connections.map(({ identity }) => identity));
      connections.forEach((connection, index) => {
        if (valid[index] !== true) connection.close("unauthenticated", "the credential is no longer valid");
      });
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #every(intervalMs: number, work: () => void): void {
    const timer = this.#options.clock.schedule(intervalMs, () => {
      this.#timers.delete(timer);
      work();
      if (!this.#draining || this.#live.size > 0) this.#every(intervalMs, work);
    });
    this.#timers.add(timer);
  }
}
