import type { Connection } from "./connection.ts";
import type { Event } from "./message.ts";

/** A tab that remembers what it received, can be slow, and can be closed. */
export class RecordingConnection implements Connection {
  readonly connectionId: string;
  readonly userId: string;
  readonly events: Event[] = [];
  readonly #ready: Promise<void>;
  #open = true;

  /** A slow tab takes nothing before `ready`. */
  constructor(userId: string, tab = "tab", ready: Promise<void> = Promise.resolve()) {
    this.connectionId = `${userId}/${tab}`;
    this.userId = userId;
    this.#ready = ready;
  }

  async send(text: string): Promise<void> {
    await this.#ready;
    if (!this.#open) throw new Error(`${this.connectionId} is closed`);
    this.events.push(JSON.parse(text) as Event);
  }

  close(): void {
    this.#open = false;
  }

  types(): string[] {
    return this.events.map((event) => event.type);
  }
}
