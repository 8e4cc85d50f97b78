import { WebSocket } from "ws";
import type { Ask, Target } from "./workload.ts";

/** One socket of one user, of either server. */
export class Device {
  readonly user: number;
  readonly target: Target;
  /** Called with the text of each frame of events. */
  onEvents: (text: string) => void = () => undefined;
  /** The head that a Throughline server named when it said welcome. */
  head = 0;
  /** The cursor of the last frame, or the one of the welcome. */
  cursor: string | null = null;
  #socket!: WebSocket;
  #asked = 0;

  constructor(target: Target, user: number) {
    this.target = target;
    this.user = user;
  }

  /** Connects, or connects again from the last cursor. */
  connect(): Promise<void> {
    const { kind, port, tokens } = this.target;
    const raw = kind === "raw";
    const path = raw ? `/?user=${this.user}` : "/v1/connect";
    const headers = raw ? {} : { authorization: `Bearer ${tokens[this.user]}` };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, raw ? [] : ["throughline.v1"], {
      headers,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => {
        if (raw) resolve();
        else socket.send(JSON.stringify({ kind: "hello", protocol: 1, after: this.cursor }));
      });
      socket.on("message", (data) => {
        // A frame of a connection that was dropped, still in the buffers of this process.
        if (socket !== this.#socket) return;
        const text = data.toString();
        if (text.startsWith('{"kind":"events"')) {
          if (!raw) this.cursor = lastCursor(text);
          this.onEvents(text);
        } else if (text.startsWith('{"kind":"welcome"')) {
          const { head } = JSON.parse(text) as { head: string };
          this.head = Number(head.slice(head.indexOf("-") + 1));
          this.cursor ??= head;
          resolve();
        }
      });
    });
  }

  ask(ask: Ask): void {
    this.#asked += 1;
    if (this.target.kind === "raw") this.#socket.send(JSON.stringify(ask));
    else {
      const id = `b${process.pid}-${this.user}-${this.#asked}-${Math.floor(performance.now() * 1_000)}`;
      const data = { text: JSON.stringify(ask) };
      this.#socket.send(JSON.stringify({ kind: "command", id, type: "message.send", data }));
    }
  }

  drop(): void {
    this.#socket.terminate();
  }
}

/** Every device of a target, connected. */
export async function connectAll(target: Target): Promise<Device[]> {
  const devices: Device[] = [];
  for (let user = 0; user < target.users; user += 1) {
    for (let index = 0; index < target.devices; index += 1) {
      const device = new Device(target, user);
      await device.connect();
      devices.push(device);
    }
  }
  return devices;
}

/** How often `part` occurs. */
export function count(text: string, part: string): number {
  let found = 0;
  for (let index = text.indexOf(part); index >= 0; index = text.indexOf(part, index + part.length)) found += 1;
  return found;
}

/** The digits behind each occurrence of `part`. */
export function* numbersAfter(text: string, part: string): Generator<number> {
  for (let index = text.indexOf(part); index >= 0; index = text.indexOf(part, index + part.length)) {
    yield Number.parseInt(text.slice(index + part.length, index + part.length + 20), 10);
  }
}

function lastCursor(text: string): string {
  const begin = text.lastIndexOf('"cursor":"') + '"cursor":"'.length;
  return text.slice(begin, text.indexOf('"', begin));
}
