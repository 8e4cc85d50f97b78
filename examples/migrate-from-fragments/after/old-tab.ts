import { once } from "node:events";
import { WebSocket } from "ws";

export interface OldEvent {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly thread_id?: string;
  readonly run_id?: string;
}

/** A tab of the old front end: the old wire format, and nothing of this project. */
export class OldTab {
  readonly events: OldEvent[] = [];
  readonly socket: WebSocket;
  readonly #wakers = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.events.push(JSON.parse(data.toString()) as OldEvent);
      for (const wake of this.#wakers) wake();
    });
    socket.on("error", () => undefined);
  }

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<OldTab> {
    const tab = new OldTab(new WebSocket(`${url.replace("http", "ws")}/ws`, { headers }));
    await tab.until("connection_established");
    return tab;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type).filter((type) => type !== "connection_established");
  }

  send(type: string, payload: object, rest: object = {}): void {
    this.socket.send(JSON.stringify({ type, payload, ...rest }));
  }

  /** The first event of this type. */
  async until(type: string): Promise<OldEvent> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) return found;
      await this.more();
    }
  }

  /** The next event, whatever it is. */
  async more(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
    });
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.terminate();
    await once(this.socket, "close");
  }
}
