/**
 * What a feed must hold, said apart from how a log holds it: a list of texts, and of each whether compaction has taken it.
 * Shares no code with the log.
 */
import type { NewEvent, StoredEvent } from "../../packages/server/src/log/stored-event.ts";

interface ModelEvent {
  readonly event: NewEvent;
  readonly text: string;
  privateText: string | undefined;
  removed: boolean;
}

export class FeedModel {
  readonly #events: ModelEvent[] = [];
  truncatedThrough = 0;

  get head(): number {
    return this.#events.length;
  }

  /** `at` is the instant of the append. */
  append(events: readonly NewEvent[], at: string): void {
    for (const event of events) {
      const { type, threadId, runId, data } = event;
      const sequence = this.#events.length + 1;
      // Members that are undefined are left out, so this is the canonical text.
      const text = JSON.stringify({ sequence, type, threadId, runId, at, data });
      const privateText = event.private === undefined ? undefined : JSON.stringify(event.private);
      this.#events.push({ event, text, privateText, removed: false });
    }
  }

  /** Takes what the contract of `Log.compact` takes, and says how many events that were. */
  compact(): number {
    const all = this.#events.map(({ event }) => event);
    const ended = new Set(all.filter(({ type }) => type === "agent_completed").map(({ runId }) => runId));
    const deleted = new Set(all.filter(({ type }) => type === "thread_deleted").map(({ threadId }) => threadId));
    let removed = 0;
    for (const entry of this.#events) {
      const { type, threadId, runId } = entry.event;
      if (entry.removed || (runId !== undefined && !ended.has(runId))) continue;
      entry.privateText = undefined;
      entry.removed = type === "agent_delta" || (type !== "thread_deleted" && deleted.has(threadId));
      if (entry.removed) removed += 1;
    }
    return removed;
  }

  truncate(through: number): void {
    this.truncatedThrough = Math.max(this.truncatedThrough, Math.min(through, this.head));
  }

  /**
   * What is wrong with `events` as an answer to "everything from after `after` up to `head`"; undefined when every
   * sequence is accounted for exactly once and every event is what was appended, byte by byte. `live` answers may hold
   * events that compaction has taken since.
   */
  fault(after: number, events: readonly StoredEvent[], { head = this.head, live = false } = {}): string | undefined {
    let position = after;
    for (const stored of events) {
      const place = `sequence ${stored.sequence} (${stored.type}) after ${position}`;
      if (stored.sequence !== position + 1) return `${place}: a gap or a repeat`;
      if (stored.type === "compacted") {
        const { through } = (JSON.parse(stored.text) as { data: { through: number } }).data;
        if (through !== stored.lastSequence || through <= position || through > head) {
          return `${place}: stands for the sequences through ${through}, the head is ${head}`;
        }
        const kept = this.#events.slice(position, through).findIndex(({ removed }) => !removed);
        if (kept >= 0) return `${place}: stands for sequence ${position + 1 + kept}, which must be kept`;
        position = through;
        continue;
      }
      const entry = this.#events[stored.sequence - 1];
      if (entry === undefined) return `${place}: was never appended`;
      if (entry.text !== stored.text) return `${place}: is ${stored.text}, was appended as ${entry.text}`;
      if (entry.removed && !live) return `${place}: was compacted away, and still is there`;
      if (!live && stored.privateText !== entry.privateText) {
        return `${place}: has the private part ${stored.privateText}, not ${entry.privateText}`;
      }
      position = stored.sequence;
    }
    return position === head ? undefined : `ends at ${position}, the head is ${head}`;
  }
}
