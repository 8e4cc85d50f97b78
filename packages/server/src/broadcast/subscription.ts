import type { ResetReason } from "@throughline/protocol";
import type { StoredEvent } from "../log/stored-event.ts";
import type { Frame } from "./frame.ts";

/** The one way to a device, whatever carries it. Implemented by the gateway; the broadcaster knows no sockets. */
export interface Sink {
  /** Hands over a frame; `flushed` is called once when the transport no longer holds it in memory. Never throws. */
  write(frame: Frame, flushed: () => void): void;
}

/**
 * One connection's place in its feed. `live`: every flush of the feed goes to it. `behind`: it reads the log by itself,
 * because it has just come, or because its transport holds as much as it may.
 */
export interface Subscription {
  readonly sink: Sink;
  state: "live" | "behind" | "closed";
  /** Sequence of the last event that was handed over. */
  position: number;
  /** Bytes that the transport holds. */
  heldBytes: number;
  /** Set while a reader loop runs for it. */
  reading: boolean;
  /** Called when `heldBytes` has fallen far enough for a reader loop that waits. */
  drained: (() => void) | undefined;
  /** A cursor that cannot be honoured; told before anything else. */
  reset: ResetReason | undefined;
}

/** Splits a run of events so that no frame exceeds either maximum, unless one event alone does. */
export function* frameSizes(
  events: readonly StoredEvent[],
  eventsMax: number,
  bytesMax: number,
): Generator<readonly StoredEvent[]> {
  let start = 0;
  let bytes = 0;
  for (let index = 0; index < events.length; index += 1) {
    const size = (events[index] as StoredEvent).text.length;
    if (index > start && (index - start >= eventsMax || bytes + size > bytesMax)) {
      yield events.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start === 0) yield events;
  else if (start < events.length) yield events.slice(start);
}
