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

/** What is around the events of a frame, at most: a cursor has up to 49 characters. */
const envelopeBytesMax = 96;
/** No UTF-16 unit takes more bytes in UTF-8. */
const bytesPerUnitMax = 3;

/** Splits a run of events so that no frame exceeds either maximum, unless one event alone does. */
export function* frameSizes(
  events: readonly StoredEvent[],
  eventsMax: number,
  bytesMax: number,
): Generator<readonly StoredEvent[]> {
  if (surelyFit(events, eventsMax, bytesMax)) {
    yield events;
    return;
  }
  let start = 0;
  let bytes = envelopeBytesMax;
  for (let index = 0; index < events.length; index += 1) {
    const size = Buffer.byteLength((events[index] as StoredEvent).text) + 1;
    if (index > start && (index - start >= eventsMax || bytes + size > bytesMax)) {
      yield events.slice(start, index);
      start = index;
      bytes = envelopeBytesMax;
    }
    bytes += size;
  }
  yield events.slice(start);
}

/** Nearly always: then nobody has to count bytes. */
function surelyFit(events: readonly StoredEvent[], eventsMax: number, bytesMax: number): boolean {
  if (events.length > eventsMax) return false;
  let units = 0;
  for (const stored of events) units += stored.text.length + 1;
  return envelopeBytesMax + units * bytesPerUnitMax <= bytesMax;
}
