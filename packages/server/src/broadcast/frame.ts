import { formatCursor, type ResetReason } from "@throughline/protocol";
import type { StoredEvent } from "../log/stored-event.ts";

/** A frame that may go to many connections; each form is encoded once. */
export class Frame {
  readonly text: string;
  /** Where a reader stands after it; undefined for a frame that moves nobody. */
  readonly cursor: string | undefined;
  /** Name of the frame, for transports that say it outside the text. */
  readonly kind: string;
  #bytes: Buffer | undefined;

  constructor(kind: string, text: string, cursor?: string) {
    this.kind = kind;
    this.text = text;
    this.cursor = cursor;
  }

  static of(frame: { readonly kind: string }, cursor?: string): Frame {
    return new Frame(frame.kind, JSON.stringify(frame), cursor);
  }

  /** The stored encodings as they are, so that every device sees the same bytes. */
  static ofEvents(epoch: string, events: readonly StoredEvent[]): Frame {
    const cursor = formatCursor(epoch, (events.at(-1) as StoredEvent).lastSequence);
    let texts = (events[0] as StoredEvent).text;
    for (let index = 1; index < events.length; index += 1) texts += `,${(events[index] as StoredEvent).text}`;
    return new Frame("events", `{"kind":"events","events":[${texts}],"cursor":"${cursor}"}`, cursor);
  }

  static ofReset(epoch: string, reason: ResetReason, head: number): Frame {
    const cursor = formatCursor(epoch, head);
    return new Frame("reset", JSON.stringify({ kind: "reset", reason, head: cursor }), cursor);
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.text);
    return this.#bytes;
  }
}
