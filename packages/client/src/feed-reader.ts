import { type Cursor, type Event, parseCursor } from "@throughline/protocol";

export interface Reading {
  /** Events that were not seen before, in order. */
  readonly events: readonly Event[];
  /** Something after them is missing: connect again from the cursor. */
  readonly gap: boolean;
}

/** The place in the feed: lets every event through once and in order, and notices when one is missing. */
export class FeedReader {
  #cursor: Cursor | undefined;
  #sequence = 0;

  /** Where to resume; undefined before the first welcome. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Goes on from a cursor that the server named. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#sequence = parseCursor(cursor)?.sequence ?? 0;
  }

  /** Takes the events of one frame, and the cursor that came with them. */
  read(events: readonly Event[], cursor: Cursor): Reading {
    const fresh: Event[] = [];
    let gap = false;
    for (const event of events) {
      const last = event.type === "compacted" ? event.data.through : event.sequence;
      if (last <= this.#sequence) continue;
      gap = event.sequence > this.#sequence + 1;
      if (gap) break;
      fresh.push(event);
      this.#sequence = last;
    }
    // Never one of our own making: which sequences an epoch may have shown is known to the server alone. Behind a gap the
    // old one stays, and what is delivered again is not let through again.
    if (fresh.length > 0 && !gap) this.#cursor = cursor;
    return { events: fresh, gap };
  }
}
