/** How events become chunks of text and come back. Owns that text; knows nothing of feeds, commits or the disk. */
import type { JsonValue, UserId } from "@throughline/protocol";
import type { Chunk } from "./log-store.ts";
import { StoredEvent } from "./stored-event.ts";

const chunkEventsMax = 256;
const chunkCharactersMax = 65_536;

/**
 * Chunks of a size that reads well: a page of a read should not have to decode far more than it returns. Only an event
 * that is larger than `chunkCharactersMax` makes a larger chunk.
 */
export function encodeChunks(feed: UserId, events: readonly StoredEvent[]): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let characters = 0;
  for (let index = 0; index < events.length; index += 1) {
    const stored = events[index] as StoredEvent;
    const size = stored.text.length + (stored.privateText?.length ?? 0);
    if (index - start >= chunkEventsMax || (index > start && characters + size > chunkCharactersMax)) {
      chunks.push(encodeChunk(feed, events.slice(start, index)));
      start = index;
      characters = 0;
    }
    characters += size;
  }
  if (start < events.length) chunks.push(encodeChunk(feed, events.slice(start)));
  return chunks;
}

function encodeChunk(feed: UserId, events: readonly StoredEvent[]): Chunk {
  const privates: [number, JsonValue][] = [];
  const texts: string[] = [];
  for (const stored of events) {
    texts.push(stored.text);
    if (stored.privateText !== undefined) privates.push([stored.sequence, JSON.parse(stored.privateText) as JsonValue]);
  }
  const first = (events[0] as StoredEvent).sequence;
  const last = (events.at(-1) as StoredEvent).lastSequence;
  return {
    feed,
    first,
    last,
    texts: texts.join("\n"),
    privates: privates.length === 0 ? null : JSON.stringify(privates),
  };
}

export function* decodeChunk(chunk: Chunk): Generator<StoredEvent> {
  const privates =
    chunk.privates === null ? undefined : new Map(JSON.parse(chunk.privates) as readonly [number, JsonValue][]);
  for (const text of chunk.texts.split("\n")) {
    const stored = StoredEvent.decode(text, undefined);
    const part = privates?.get(stored.sequence);
    yield part === undefined ? stored : StoredEvent.decode(text, JSON.stringify(part));
  }
}
