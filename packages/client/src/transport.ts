import type { CommandFrame, Cursor, ServerFrame } from "@throughline/protocol";
import type { ThroughlineError } from "./throughline-error.ts";

/** How a transport ended. `code`: the WebSocket close code, if there was one. `refusal`: why it was not let in. */
export interface Ending {
  readonly code?: number;
  readonly reason?: string;
  readonly refusal?: ThroughlineError;
}

export interface TransportEvents {
  onFrame(frame: ServerFrame): void;
  /** Any sign of life that is no frame. */
  onAlive(): void;
  /** Exactly once, unless `close` was called. */
  onEnd(ending: Ending): void;
}

/** One connection, from its hello to its end. Moves frames; knows nothing of what they mean. */
export interface Transport {
  send(command: CommandFrame): void;
  ping(): void;
  /** Ends it without `onEnd`. */
  close(): void;
}

/** Connects and says hello; `after: null` = from the head. */
export type OpenTransport = (after: Cursor | null, events: TransportEvents) => Transport;
