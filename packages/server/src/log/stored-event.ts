import type { Event, EventData, EventOf, EventPlace, EventType, JsonValue } from "@throughline/protocol";

/** An event before the log has given it a place and a time. */
export type NewEvent = {
  [Type in EventType]: {
    readonly type: Type;
    readonly data: EventData[Type];
    /** What recovery needs; stored beside the event, never sent to a client. */
    readonly private?: JsonValue;
  } & EventPlace<Type>;
}[EventType];

const head = /^\{"sequence":(\d+),"type":"([a-z_]+)"/;

/**
 * A stored event. `text` is its one encoding: written once at append, stored, and sent to every device as it is, so all
 * of them see the same bytes. The object form is parsed only when somebody asks for it.
 */
export class StoredEvent {
  readonly sequence: number;
  readonly type: EventType;
  /** Canonical JSON of the public event, without line breaks. */
  readonly text: string;
  /** JSON of the private part, if the event has one. */
  readonly privateText: string | undefined;
  #event: Event | undefined;

  constructor(sequence: number, type: EventType, text: string, privateText: string | undefined, event?: Event) {
    this.sequence = sequence;
    this.type = type;
    this.text = text;
    this.privateText = privateText;
    this.#event = event;
  }

  static encode(event: NewEvent, sequence: number, at: string): StoredEvent {
    const { type, threadId, runId, data } = event;
    // One call, because a text put together of pieces keeps all its pieces in memory until somebody reads it.
    const text = JSON.stringify({ sequence, type, threadId, runId, at, data });
    const privateText = event.private === undefined ? undefined : JSON.stringify(event.private);
    return new StoredEvent(sequence, type, text, privateText);
  }

  /** From the stored encoding. Throws when the text is not one that `encode` wrote: the store is damaged. */
  static decode(text: string, privateText: string | undefined): StoredEvent {
    const match = head.exec(text);
    if (match === null) throw new Error(`unable to decode a stored event; it begins with ${text.slice(0, 40)}`);
    return new StoredEvent(Number(match[1]), match[2] as EventType, text, privateText);
  }

  get event(): Event {
    this.#event ??= JSON.parse(this.text) as Event;
    return this.#event;
  }

  get private(): JsonValue | undefined {
    return this.privateText === undefined ? undefined : (JSON.parse(this.privateText) as JsonValue);
  }

  /** The last sequence that this event accounts for: its own, or `through` of a `compacted` event. */
  get lastSequence(): number {
    // The type is known without parsing, and nearly every event is none of these.
    if (this.type !== "compacted") return this.sequence;
    return (this.event as EventOf<"compacted">).data.through;
  }

  /**
   * The event as a reader sees it who holds a cursor inside the range of a `compacted` event: it then starts right after
   * the cursor. Any other event is returned as it is.
   */
  after(sequence: number): StoredEvent {
    if (this.sequence > sequence || this.type !== "compacted") return this;
    const { threadId, at, data } = this.event as Extract<Event, { type: "compacted" }>;
    return StoredEvent.encode({ type: "compacted", threadId, data }, sequence + 1, at);
  }
}
