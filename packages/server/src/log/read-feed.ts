import type { UserId } from "@throughline/protocol";
import type { Log } from "./log.ts";
import type { StoredEvent } from "./stored-event.ts";

/** Every stored event after `after`, or from the oldest that is retained, up to the head of now, page by page. */
export async function* readFeed(log: Log, feed: UserId, after: number): AsyncGenerator<readonly StoredEvent[]> {
  let position = after;
  for (;;) {
    const page = await log.read(feed, position);
    if (page.kind === "truncated") {
      position = page.oldest - 1;
      continue;
    }
    const last = page.kind === "events" ? page.events.at(-1) : undefined;
    if (page.kind === "ahead" || last === undefined) return;
    yield page.events;
    position = last.lastSequence;
  }
}
