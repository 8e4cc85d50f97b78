import type { Connection } from "./connection.ts";
import type { Event } from "./message.ts";

interface QueuedEvent {
  readonly userId: string;
  readonly event: Event;
}

/** Knows who is connected, and keeps events for those who are not. One for the process. */
export class ConnectionManager {
  static readonly queueCapacity = 100;
  static #instance: ConnectionManager | undefined;

  readonly #connections = new Map<string, Connection[]>();
  #queue: QueuedEvent[] = [];
  #refused = 0;

  static getInstance(): ConnectionManager {
    ConnectionManager.#instance ??= new ConnectionManager();
    return ConnectionManager.#instance;
  }

  static resetInstance(): void {
    ConnectionManager.#instance = undefined;
  }

  async connect(connection: Connection): Promise<void> {
    const { userId } = connection;
    this.#connections.set(userId, [...this.connectionsOf(userId), connection]);
    const waiting = this.#queue.filter((entry) => entry.userId === userId);
    this.#queue = this.#queue.filter((entry) => entry.userId !== userId);
    for (const { event } of waiting) await connection.send(JSON.stringify(event));
  }

  disconnect(connection: Connection): void {
    const others = this.connectionsOf(connection.userId).filter((other) => other !== connection);
    this.#connections.set(connection.userId, others);
  }

  connectionsOf(userId: string): readonly Connection[] {
    return this.#connections.get(userId) ?? [];
  }

  /** Sends to all tabs of the user and returns how many there were. */
  async sendToUser(userId: string, event: Event): Promise<number> {
    const text = JSON.stringify(event);
    const connections = this.connectionsOf(userId);
    for (const connection of connections) await connection.send(text);
    return connections.length;
  }

  /** Keeps an event until its user connects, if there is room. */
  enqueue(userId: string, event: Event): boolean {
    if (this.#queue.length >= ConnectionManager.queueCapacity) {
      this.#refused += 1;
      return false;
    }
    this.#queue.push({ userId, event });
    return true;
  }

  stats(): { readonly queued: readonly QueuedEvent[]; readonly refused: number } {
    return { queued: this.#queue, refused: this.#refused };
  }
}
